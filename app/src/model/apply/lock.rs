//! What the node tells of the lock.

use mesh_core::api::Event;

use super::{Model, begin};
use crate::model::{Entry, Stage};

/// Whether an event says something that must not be shown: it was under way when the
/// person locked, or the profile is destroyed.
pub(super) fn hides(model: &Model, event: &Event) -> bool {
    let is_about_the_lock = matches!(
        event,
        Event::Locked
            | Event::Unlocked
            | Event::Answer { .. }
            | Event::Listening { .. }
            | Event::Stopped { .. }
    );
    match model.stage {
        Stage::Locked { .. } => !is_about_the_lock,
        Stage::Wiped { .. } => true,
        _ => false,
    }
}

/// Nothing of the profile is in the node's memory any more.
pub(super) fn locked(model: &mut Model) {
    match &mut model.stage {
        Stage::Locked {
            entry,
            is_done: is_done @ false,
        } => {
            entry.busy = false;
            *is_done = true;
        }
        Stage::Locked { .. } => {}
        _ => model.forget(Stage::Locked {
            entry: Entry::default(),
            is_done: true,
        }),
    }
}

/// The profile is open again.
pub(super) fn unlocked(model: &mut Model) {
    if matches!(model.stage, Stage::Locked { .. }) {
        begin(model);
    }
}

/// The node did not lock or unlock.
pub(super) fn refused(model: &mut Model, reason: &str) {
    if let Stage::Locked { entry, .. } = &mut model.stage {
        *entry = Entry {
            busy: false,
            error: Some(reason.to_owned()),
        };
    }
}
