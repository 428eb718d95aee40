//! One link's stream: a task that reads and writes raw bytes, and the queue of
//! what is to be written.
//!
//! Floor 5 (`docs/protocol/link.md`). Reading is held back by the bounded event
//! channel: while nobody takes events, Yamux gives the other end no more credit.
//! Writing is bounded by the engine's credit.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::{Notify, mpsc};

use super::links::Activity;
use crate::limits::{FRAME_BYTES_LAN_MAX, LAN_CREDIT_BYTES};
use crate::transport::TransportEvent;
use crate::types::{LinkId, LinkInfo};

/// Bytes read at once.
const READ_BYTES: usize = 16 * 1_024;
/// Bytes that may wait: the credit, and the frame that goes over it.
const QUEUE_BYTES_MAX: usize = LAN_CREDIT_BYTES + FRAME_BYTES_LAN_MAX;
/// How long the goodbye of a closed link may take.
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(1);

/// What is to be written to one link.
#[derive(Default)]
pub(super) struct LinkQueue {
    inner: Mutex<Waiting>,
    changed: Notify,
}

#[derive(Default)]
struct Waiting {
    transmits: VecDeque<Vec<u8>>,
    bytes: usize,
    closed: bool,
}

impl LinkQueue {
    /// Queues one transmit. More than the credit is our own mistake, and closes
    /// the link: bytes of a stream cannot be left out.
    pub(super) fn push(&self, bytes: Vec<u8>) {
        let mut inner = self.lock();
        if inner.closed || bytes.is_empty() {
            return;
        }
        if inner.bytes + bytes.len() > QUEUE_BYTES_MAX {
            tracing::error!(waiting = inner.bytes, "LAN link overrun beyond its credit");
            inner.close();
        } else {
            inner.bytes += bytes.len();
            inner.transmits.push_back(bytes);
        }
        drop(inner);
        self.changed.notify_one();
    }

    /// Ends the link; what still waits is dropped.
    pub(super) fn close(&self) {
        self.lock().close();
        self.changed.notify_one();
    }

    /// The next transmit, or `None` once closed.
    async fn next(&self) -> Option<Vec<u8>> {
        loop {
            {
                let mut inner = self.lock();
                if inner.closed {
                    return None;
                }
                if let Some(bytes) = inner.transmits.pop_front() {
                    inner.bytes -= bytes.len();
                    return Some(bytes);
                }
            }
            self.changed.notified().await;
        }
    }

    /// Until closed. Only the one task that writes may wait here or for the next.
    async fn closed(&self) {
        while !self.lock().closed {
            self.changed.notified().await;
        }
    }

    fn is_empty(&self) -> bool {
        self.lock().transmits.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn close(&mut self) {
        self.closed = true;
        self.transmits.clear();
        self.bytes = 0;
    }
}

/// One link from `LinkUp` to `LinkDown`.
pub(super) struct Link<'a> {
    pub(super) id: LinkId,
    pub(super) info: LinkInfo,
    pub(super) queue: &'a LinkQueue,
    pub(super) activity: Activity,
    pub(super) events: mpsc::Sender<TransportEvent>,
}

impl Link<'_> {
    /// Runs the link; ends when either side closes it or nobody takes events.
    pub(super) async fn run(self, stream: impl AsyncRead + AsyncWrite) {
        let up = TransportEvent::LinkUp {
            link: self.id,
            info: self.info.clone(),
        };
        if self.events.send(up).await.is_err() {
            return;
        }
        let (reader, writer) = stream.split();
        let (reader, writer) = (std::pin::pin!(reader), std::pin::pin!(writer));
        tokio::select! {
            () = self.read(reader) => {}
            () = self.write(writer) => {}
        }
        self.queue.close();
        let _ = self
            .events
            .send(TransportEvent::LinkDown { link: self.id })
            .await;
    }

    async fn read(&self, mut reader: impl AsyncRead + Unpin) {
        let mut buffer = vec![0; READ_BYTES];
        while let Ok(length) = reader.read(&mut buffer).await
            && let Some(bytes) = buffer.get(..length)
            && !bytes.is_empty()
        {
            self.activity.note_read();
            let event = TransportEvent::Received {
                link: self.id,
                bytes: bytes.to_vec(),
            };
            if self.events.send(event).await.is_err() {
                return;
            }
        }
    }

    async fn write(&self, mut writer: impl AsyncWrite + Unpin) {
        while let Some(bytes) = self.queue.next().await {
            let written = async {
                writer.write_all(&bytes).await?;
                if self.queue.is_empty() {
                    writer.flush().await?;
                }
                std::io::Result::Ok(())
            };
            tokio::select! {
                biased;
                result = written => if result.is_err() {
                    return;
                },
                // A neighbour that does not read would hold up its own end.
                () = self.queue.closed() => break,
            }
            self.activity.note_written();
            let sent = TransportEvent::Sent {
                link: self.id,
                bytes: bytes.len(),
            };
            if self.events.send(sent).await.is_err() {
                return;
            }
        }
        let _ = tokio::time::timeout(GOODBYE_TIMEOUT, writer.close()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn overrun_beyond_the_credit_closes_the_queue() {
        let queue = LinkQueue::default();
        queue.push(vec![1; QUEUE_BYTES_MAX]);
        assert_eq!(queue.next().await.map(|b| b.len()), Some(QUEUE_BYTES_MAX));
        queue.push(vec![1; QUEUE_BYTES_MAX]);
        queue.push(vec![1]);
        assert_eq!(queue.next().await, None);
    }
}
