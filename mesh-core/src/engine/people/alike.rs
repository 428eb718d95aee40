//! Whose names could be taken for another's.

use std::collections::{BTreeMap, BTreeSet};

use crate::crypto::names::Skeletons;
use crate::types::ContactId;

use super::{People, Person};

/// A shown name with what it is compared by, which takes longer to find than to compare.
pub(super) struct Look {
    name: String,
    pub(super) skeletons: Skeletons,
}

impl Look {
    pub(super) fn of(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            skeletons: Skeletons::of(name),
        }
    }
}

impl Person {
    /// The name may have changed.
    pub(super) fn look_again(&mut self) {
        if self.look.name != self.shown_name() {
            self.look = Look::of(self.shown_name());
        }
    }
}

/// Contacts by each form in which names are compared.
pub(super) struct Alike<'a>(BTreeMap<(usize, &'a str), Vec<&'a Person>>);

impl<'a> Alike<'a> {
    /// Of everybody who is accepted.
    pub(super) fn of(people: &'a People) -> Self {
        let mut forms: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let persons = people.persons.values();
        for person in persons.filter(|person| person.is_accepted()) {
            for form in person.look.skeletons.forms() {
                forms.entry(form).or_default().push(person);
            }
        }
        Self(forms)
    }

    /// Other contacts whose shown names could be taken for this one, in the order they
    /// were added.
    pub(super) fn to(&self, contact: ContactId, name: &Skeletons) -> Vec<ContactId> {
        let alike = name.forms().filter_map(|form| self.0.get(&form));
        let others = alike
            .flatten()
            .map(|other| (other.order, other.row.contact));
        let others: BTreeSet<_> = others.filter(|(_, other)| *other != contact).collect();
        others.into_iter().map(|(_, other)| other).collect()
    }
}
