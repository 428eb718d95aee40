//! Actions about the lock, and the end of the profile.

use mesh_core::api::Command;
use mesh_core::redact::Redacted;
use zeroize::Zeroizing;

use super::Effect;
use crate::model::{Entry, Model, Purpose, Stage};

/// Hides everything at once; the node is told before the next frame, and told again
/// while its queue is full.
pub(super) fn lock(model: &mut Model) -> Option<Effect> {
    if model.stage == Stage::Main {
        model.forget(Stage::Locked {
            entry: Entry {
                busy: true,
                error: None,
            },
            is_done: false,
        });
        model.requests.want(Purpose::Lock);
    }
    None
}

/// Asks the node to open the profile again.
pub(super) fn unlock(model: &mut Model, passphrase: Redacted<String>) -> Option<Effect> {
    let entry = model.stage.entry_mut().filter(|entry| !entry.busy)?;
    *entry = Entry {
        busy: true,
        error: None,
    };
    Some(Effect::Command(Command::Unlock {
        request: model.requests.begin(Purpose::Unlock),
        passphrase: Redacted(Zeroizing::new(passphrase.0)),
    }))
}

/// Forgets everything and has it destroyed.
pub(super) fn wipe(model: &mut Model) -> Option<Effect> {
    let (busy, error) = (true, None);
    if matches!(model.stage, Stage::Wiped { busy: true, .. }) {
        return None;
    }
    model.forget(Stage::Wiped { busy, error });
    Some(Effect::Wipe)
}

/// The profile is destroyed, or why not.
pub(super) fn wiped(model: &mut Model, error: Option<String>) {
    model.forget(Stage::Wiped { busy: false, error });
}
