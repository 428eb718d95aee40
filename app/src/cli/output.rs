//! Lines to standard output, written by a thread of their own: a reader that is
//! slow or stuck holds up this queue and never the node.

use std::io::Write;

use tokio::sync::{mpsc, oneshot};

/// Sends lines to the writing thread.
pub(crate) type Lines = mpsc::Sender<String>;

/// The writing thread, seen from outside.
#[derive(Debug)]
pub(crate) struct Output {
    finished: oneshot::Receiver<()>,
}

impl Output {
    /// Starts writing to `target`; at most `lines_max` lines wait. The queue
    /// closes when the reader is gone.
    pub(crate) fn start<W>(target: W, lines_max: usize) -> std::io::Result<(Lines, Self)>
    where
        W: Write + Send + 'static,
    {
        let (lines, queue) = mpsc::channel(lines_max);
        let (done, finished) = oneshot::channel();
        std::thread::Builder::new()
            .name("stdout".into())
            .spawn(move || {
                write_all(target, queue);
                // Nobody waits any more if the program ended first.
                let _ = done.send(());
            })?;
        Ok((lines, Self { finished }))
    }

    /// Waits until everything queued was written, or the reader is gone. Call
    /// after the last [`Lines`] was dropped. Gives up on a reader that is stuck.
    pub(crate) async fn finish(self) {
        const FLUSH_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(2);
        let _ = tokio::time::timeout(FLUSH_TIMEOUT, self.finished).await;
    }
}

/// Returns when the queue is closed and empty, or when nobody reads any more.
fn write_all<W: Write>(mut target: W, mut queue: mpsc::Receiver<String>) {
    while let Some(mut line) = queue.blocking_recv() {
        line.push('\n');
        let written = target
            .write_all(line.as_bytes())
            .and_then(|()| target.flush());
        if written.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn queued_lines_are_written_before_the_end() {
        let kept = Kept::default();
        let (lines, output) = Output::start(kept.clone(), 4).unwrap();
        for line in ["one", "two"] {
            lines.send(line.into()).await.unwrap();
        }
        drop(lines);
        output.finish().await;
        assert_eq!(*kept.0.lock().unwrap(), b"one\ntwo\n");
    }

    #[tokio::test]
    async fn queue_closes_when_the_reader_is_gone() {
        let (lines, _output) = Output::start(Gone, 4).unwrap();
        lines.send("one".into()).await.unwrap();
        lines.closed().await;
        assert!(lines.is_closed());
    }
}
