//! The queue from the engine to the app.
//!
//! An app that does not read must not stop the mesh: beyond the bound, events
//! that can be asked for again are dropped and [`Event::Missed`] says so. Answers
//! are never dropped; commands are refused instead while the queue is full.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::api::{Answer, CommandError, Event};
use crate::limits::EVENT_QUEUE_CAP;

type Waker = Box<dyn Fn() + Send + Sync>;

#[derive(Default)]
struct Queue {
    events: VecDeque<Event>,
    has_missed: bool,
    is_closed: bool,
    waker: Option<Waker>,
}

/// Whether an event names people or messages.
fn is_of_profile(event: &Event) -> bool {
    matches!(
        event,
        Event::MessageReceived(_)
            | Event::MessageChanged(_)
            | Event::MessageRemoved { .. }
            | Event::MessageState { .. }
            | Event::GroupJoined { .. }
            | Event::GroupChanged { .. }
            | Event::ContactRequest { .. }
            | Event::Introduction { .. }
    )
}

/// Both ends of the queue.
#[derive(Clone, Default)]
pub(super) struct Events {
    queue: Arc<Mutex<Queue>>,
    arrived: Arc<Notify>,
}

impl Events {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, event: Event) {
        let mut queue = self.lock();
        let is_full = queue.events.len() >= EVENT_QUEUE_CAP;
        let must_stay = matches!(event, Event::Answer { .. } | Event::Stopped { .. });
        if !is_full || must_stay {
            queue.events.push_back(event);
        } else if !std::mem::replace(&mut queue.has_missed, true) {
            queue.events.push_back(Event::Missed);
        }
        if let Some(waker) = &queue.waker {
            waker();
        }
        drop(queue);
        self.arrived.notify_one();
    }

    /// The profile was locked: what nobody has read yet and says something of it goes, and
    /// who waits for an answer hears that it is locked.
    pub(super) fn forget(&self) {
        let mut queue = self.lock();
        let before = queue.events.len();
        queue.events.retain(|event| !is_of_profile(event));
        let has_gone = queue.events.len() < before;
        for event in &mut queue.events {
            if let Event::Answer {
                result: result @ Ok(_),
                ..
            } = event
                && *result != Ok(Answer::Done)
            {
                *result = Err(CommandError::Locked);
            }
        }
        if has_gone && !std::mem::replace(&mut queue.has_missed, true) {
            queue.events.push_back(Event::Missed);
        }
    }

    /// Nothing more will come.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.arrived.notify_one();
    }

    pub(super) fn is_full(&self) -> bool {
        self.lock().events.len() >= EVENT_QUEUE_CAP
    }

    pub(super) fn set_waker(&self, waker: Waker) {
        let mut queue = self.lock();
        if !queue.events.is_empty() {
            waker();
        }
        queue.waker = Some(waker);
    }

    pub(super) fn try_pop(&self) -> Option<Event> {
        let mut queue = self.lock();
        let event = queue.events.pop_front();
        if event == Some(Event::Missed) {
            queue.has_missed = false;
        }
        event
    }

    pub(super) async fn pop(&self) -> Option<Event> {
        loop {
            let arrived = self.arrived.notified();
            if let Some(event) = self.try_pop() {
                return Some(event);
            }
            if self.lock().is_closed {
                return None;
            }
            arrived.await;
        }
    }
}

impl core::fmt::Debug for Events {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Events")
            .field("queued", &self.lock().events.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Answer;
    use crate::types::RequestId;

    #[test]
    fn an_app_that_does_not_read_misses_news_but_no_answer() {
        let events = Events::default();
        (0..EVENT_QUEUE_CAP + 10).for_each(|_| events.push(Event::StatusChanged));
        let answer = Event::Answer {
            request: RequestId(1),
            result: Ok(Answer::Done),
        };
        events.push(answer.clone());
        assert!(events.is_full());
        let read: Vec<Event> = std::iter::from_fn(|| events.try_pop()).collect();
        assert_eq!(read.len(), EVENT_QUEUE_CAP + 2);
        assert_eq!(&read[EVENT_QUEUE_CAP..], [Event::Missed, answer]);
        events.push(Event::StatusChanged);
        assert_eq!(events.try_pop(), Some(Event::StatusChanged));
    }
}
