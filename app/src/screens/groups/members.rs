//! Who is in a group, as its page lists them.

use mesh_core::api::{ContactView, GroupView, MemberView};
use mesh_core::types::{Author, ContactId, ConversationId, MemberId, Role, Standing};

use crate::model::Model;
use crate::screens::chat::data::{AuthorData, TimerData};
use crate::screens::contacts::person;
use crate::text::groups as words;
use crate::{plain, text};

/// The page of a group.
#[derive(Debug, PartialEq, Eq)]
pub struct AboutData {
    /// Which one.
    pub conversation: ConversationId,
    /// On one line.
    pub name: String,
    /// As it is called here, to be changed.
    pub called: String,
    /// How many can read it, in words.
    pub readers: String,
    /// What we may do, or that we may do nothing any more.
    pub our_role: &'static str,
    /// Said while new keys are on their way.
    pub keys: Option<&'static str>,
    /// Ourselves first.
    pub members: Vec<MemberRow>,
    /// Those who were asked in and have not answered.
    pub invited: Vec<AuthorData>,
    /// Whether we may add somebody.
    pub can_add: bool,
    /// Whether we are in it.
    pub is_member: bool,
    /// When messages disappear.
    pub timer: TimerData,
}

/// One member.
#[derive(Debug, PartialEq, Eq)]
pub struct MemberRow {
    /// Who, in this group.
    pub member: MemberId,
    /// Name and badge.
    pub author: AuthorData,
    /// What they may do, and whether they are ourselves or a contact.
    pub signs: String,
    /// The contact that they are.
    pub contact: Option<ContactId>,
    /// Said of somebody whom another admin wants removed.
    pub warning: Option<&'static str>,
    /// Whether "arrested" is offered.
    pub can_arrest: bool,
    /// What else can be done about them.
    pub deeds: Vec<Deed>,
    /// For a screen reader.
    pub label: String,
}

/// What can be done about a member, beside an arrest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Make them an admin.
    MakeAdmin,
    /// Make them a plain member.
    MakeMember,
    /// Cut them off here.
    Remove,
    /// Go on in another group.
    Without,
}

impl AboutData {
    /// What to show of a group that the node told of.
    #[must_use]
    pub fn new(model: &Model, view: &GroupView) -> Self {
        let rows = view.members.iter().map(|member| row(view, member));
        Self {
            conversation: view.conversation,
            name: plain::line(&view.name.0),
            called: view.name.0.clone(),
            readers: words::readers(view.members.len()),
            our_role: view.role.map_or(words::GONE, words::our_role),
            keys: (!view.is_ready && view.role.is_some()).then_some(words::KEYS_COMING),
            members: rows.collect(),
            invited: view
                .invited
                .iter()
                .map(|contact| person::author(*contact, &person::name_of(model, *contact)))
                .collect(),
            can_add: view.role.is_some_and(|role| role >= Role::Admin),
            is_member: view.role.is_some(),
            timer: TimerData::new(model, view.conversation),
        }
    }
}

/// Name and badge of a member; whoever has said no name yet is called so.
#[must_use]
pub fn author(view: &MemberView) -> AuthorData {
    let mut author = AuthorData::new(&Author {
        name: view.name.0.clone(),
        badge: view.badge,
        own: view.is_us,
    });
    if author.name == text::NAMELESS {
        words::NO_NAME.clone_into(&mut author.name);
    }
    author
}

/// Contacts who could be asked in: not blocked, and not there already.
#[must_use]
pub fn addable<'a>(model: &'a Model, view: Option<&GroupView>) -> Vec<&'a ContactView> {
    let is_there = |contact: ContactId| {
        view.is_some_and(|view| {
            view.invited.contains(&contact)
                || view.members.iter().any(|one| one.contact == Some(contact))
        })
    };
    let contacts = model.contacts.iter();
    contacts
        .filter(|one| one.standing == Standing::Accepted && !is_there(one.contact))
        .collect()
}

fn row(group: &GroupView, view: &MemberView) -> MemberRow {
    let author = author(view);
    let who = match view {
        MemberView { is_us: true, .. } => Some(words::YOU),
        MemberView {
            contact: Some(_), ..
        } => Some(words::CONTACT),
        _ => None,
    };
    let role = words::role(view.role);
    let signs = who.map_or_else(|| role.to_owned(), |who| format!("{role} · {who}"));
    let ours = group.role.filter(|_| !view.is_us);
    MemberRow {
        member: view.member,
        contact: view.contact,
        warning: (view.awaits_removal && ours >= Some(Role::Admin))
            .then_some(words::AWAITS_REMOVAL),
        can_arrest: ours.is_some(),
        deeds: ours.map_or_else(Vec::new, |ours| deeds(ours, view.role)),
        label: words::spoken_member(&author.name, &signs),
        author,
        signs,
    }
}

fn deeds(ours: Role, theirs: Role) -> Vec<Deed> {
    if ours == Role::Member {
        return vec![Deed::Without];
    }
    let role = match theirs {
        Role::Member => Some(Deed::MakeAdmin),
        Role::Admin if ours > theirs => Some(Deed::MakeMember),
        Role::Admin | Role::Owner => None,
    };
    let mut deeds: Vec<Deed> = role.into_iter().collect();
    deeds.push(Deed::Remove);
    if theirs >= ours {
        deeds.push(Deed::Without);
    }
    deeds
}
