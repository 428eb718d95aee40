//! Work that takes a second or more, kept off the thread that draws: starting a
//! node (Argon2id), and erasing or destroying a profile.

use std::sync::{Arc, Mutex, PoisonError, mpsc};

use mesh_core::node::NodeError;

use super::update::{Outcome, Start};
use crate::node_link::{Gate, NodeLink};

/// A piece of work.
pub type Job = Box<dyn FnOnce() + Send>;

/// What a piece of work gives back: a running node, if it started one.
pub(super) type Done = (Outcome, Option<Box<dyn NodeLink>>);

/// Who does the work.
#[derive(Clone, Default)]
pub enum Worker {
    /// A thread for each piece.
    #[default]
    Thread,
    /// Nobody, until a test does it with [`Worker::finish`].
    Held(Arc<Mutex<Vec<Job>>>),
}

impl Worker {
    /// Holds all work until [`Self::finish`].
    #[must_use]
    pub fn held() -> Self {
        Self::Held(Arc::default())
    }

    /// Does all work that is held, here and now.
    pub fn finish(&self) {
        if let Self::Held(jobs) = self {
            let jobs = core::mem::take(&mut *jobs.lock().unwrap_or_else(PoisonError::into_inner));
            for job in jobs {
                job();
            }
        }
    }

    fn take(&self, job: Job) {
        match self {
            Self::Thread => {
                std::thread::spawn(job);
            }
            Self::Held(jobs) => jobs
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(job),
        }
    }
}

/// Starts a node; the outcome comes through `done`, then `wake` is called.
pub(super) fn start(
    worker: &Worker,
    gate: Arc<dyn Gate>,
    start: Start,
    done: mpsc::Sender<Done>,
    wake: impl FnOnce() + Send + 'static,
) {
    worker.take(Box::new(move || {
        let started = match &start {
            Start::Create { name, passphrase } => gate.create(&name.0, &passphrase.0),
            Start::Unlock { passphrase } => gate.unlock(&passphrase.0),
        };
        // The window may be gone; then the node goes with the message.
        let _ = done.send(match started {
            Ok(link) => (Outcome::Started, Some(link)),
            Err(error) => (Outcome::StartFailed(error.to_string()), None),
        });
        wake();
    }));
}

/// Erases the profile; the outcome comes through `done`, then `wake` is called.
pub(super) fn erase(
    worker: &Worker,
    gate: Arc<dyn Gate>,
    done: mpsc::Sender<Done>,
    wake: impl FnOnce() + Send + 'static,
) {
    worker.take(Box::new(move || {
        let outcome = match gate.erase() {
            Ok(()) => Outcome::Erased,
            Err(error) => Outcome::EraseFailed(error.to_string()),
        };
        let _ = done.send((outcome, None));
        wake();
    }));
}

/// Destroys the profile, stops its node, and removes what that held; the outcome comes
/// through `done`, then `wake` is called.
pub(super) fn wipe(
    worker: &Worker,
    gate: Arc<dyn Gate>,
    link: Option<Box<dyn NodeLink>>,
    done: mpsc::Sender<Done>,
    wake: impl FnOnce() + Send + 'static,
) {
    worker.take(Box::new(move || {
        // The keys first, without waiting for anybody.
        let mut wiped = gate.wipe();
        if let Some(link) = link {
            link.stop();
            wiped = gate.wipe().or(wiped);
        }
        let outcome = match wiped {
            Ok(()) | Err(NodeError::InUse { .. }) => Outcome::Wiped,
            Err(error) => Outcome::WipeFailed(error.to_string()),
        };
        let _ = done.send((outcome, None));
        wake();
    }));
}
