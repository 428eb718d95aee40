//! Own texts that were withdrawn while they waited to be acknowledged.

use zeroize::Zeroizing;

use crate::store::Queue;
use crate::types::{ContactId, MessageId};
use crate::wire::items::Item;

use super::super::{Engine, EngineError, Profile};
use super::queues::Unacked;

impl Engine {
    /// Takes a withdrawn text out of what waits, with every change of it: it goes out no
    /// more, and what has a number goes out empty. Whether the text may have left.
    pub(in super::super) fn empty_unacked(
        &mut self,
        profile: &mut Profile,
        contact: ContactId,
        message_id: MessageId,
    ) -> Result<bool, EngineError> {
        let Some(person) = profile.person(contact) else {
            return Ok(true);
        };
        let conversation = person.row.conversation;
        let change = Item::Edit(message_id);
        let is_of_it =
            |unacked: &Unacked| unacked.message_id == message_id || unacked.items.contains(&change);
        let waiting: Vec<(u32, Unacked)> = person
            .unacked
            .iter()
            .filter(|(_, unacked)| is_of_it(unacked))
            .map(|(seq, unacked)| (*seq, unacked.clone()))
            .collect();
        let mut may_have_left = true;
        for (seq, unacked) in waiting {
            if unacked.message_id == message_id {
                may_have_left = unacked.tries > 0;
            }
            let mut envelopes = unacked.envelopes.iter();
            let is_taken_back = envelopes.any(|id| profile.untaken.contains(id));
            self.withdraw(profile, &unacked.envelopes)?;
            let empty = Unacked {
                text: Zeroizing::new(String::new()),
                items: Vec::new(),
                sent_at: unacked.sent_at.filter(|_| !is_taken_back),
                ..unacked
            };
            let bytes = empty.encode()?;
            let queue = Queue::Unacknowledged;
            profile.store.put_queued(queue, conversation, seq, &bytes)?;
            if let Some(person) = profile.person_mut(contact) {
                person.unacked.insert(seq, empty);
            }
        }
        Ok(may_have_left)
    }
}
