//! Tags of messages that have not come, worked out ahead.
//!
//! Every message of a chain is watched for up to `near`, and beyond that every
//! anchor (n ≡ 0 mod 64) up to `far`: a gap longer than `near` is found again at the
//! next anchor. Both cursors only run ahead of keys that the session holds anyway.

use crate::limits::{
    SESSION_AHEAD, SESSION_AHEAD_NEXT, SESSION_ANCHOR_STEP, SESSION_UNACKNOWLEDGED_MAX,
};

use super::Tag;
use super::chains::HeaderChain;

/// Whether a message is one that far windows watch.
pub(super) fn is_anchor(n: u32) -> bool {
    n.is_multiple_of(SESSION_ANCHOR_STEP)
}

/// The watched part of one chain.
pub(super) struct Window {
    near: HeaderChain,
    far: HeaderChain,
}

impl Window {
    /// Of a chain in which everything before `head.n` is settled.
    pub(super) fn of_current(head: &HeaderChain, add: impl FnMut(u32, Tag)) -> Self {
        Self::begin(head, SESSION_AHEAD, add)
    }

    /// Of the chain that the other side begins next.
    pub(super) fn of_next(head: &HeaderChain, add: impl FnMut(u32, Tag)) -> Self {
        Self::begin(head, SESSION_AHEAD_NEXT, add)
    }

    fn begin(head: &HeaderChain, ahead: u32, mut add: impl FnMut(u32, Tag)) -> Self {
        let mut near = head.copy();
        let from = near.n;
        walk(&mut near, from.saturating_add(ahead), |_| true, &mut add);
        let mut far = near.copy();
        let end = from.saturating_add(SESSION_UNACKNOWLEDGED_MAX);
        walk(&mut far, end, is_anchor, &mut add);
        Self { near, far }
    }

    /// Moves on after everything before `n` in the current chain is settled.
    pub(super) fn advance(&mut self, n: u32, mut add: impl FnMut(u32, Tag)) {
        let is_near = |at: u32| at >= n && !is_anchor(at);
        let end = n.saturating_add(SESSION_AHEAD);
        walk(&mut self.near, end, is_near, &mut add);
        let is_far = |at: u32| at >= n && is_anchor(at);
        let end = n.saturating_add(SESSION_UNACKNOWLEDGED_MAX);
        walk(&mut self.far, end, is_far, &mut add);
    }
}

fn walk(
    head: &mut HeaderChain,
    end: u32,
    is_watched: impl Fn(u32) -> bool,
    add: &mut impl FnMut(u32, Tag),
) {
    while head.n < end {
        let n = head.n;
        let (tag, _) = head.step();
        if is_watched(n) {
            add(n, tag);
        }
    }
}
