//! Yamux without its pings.
//!
//! Floor 5 (`docs/protocol/link.md`). While anything passes, each end of a Yamux
//! connection sends a ping every ten seconds, to widen its window by the round trip.
//! Ping, pong and what TCP answers cost a node with seven links 13 kB a minute: half
//! of all that it sends while nobody writes, and a seventh of what it sends for a
//! message a second. Our window is wide enough for any LAN, and our links have signs
//! of life of their own; Yamux has no switch for it. So what it writes passes through
//! here, and pings are left out. It waits for the first answer for ever and sends no
//! other. A neighbour that pings us gets its answers.

use std::io::Result;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::{AsyncRead, AsyncWrite};
use libp2p::core::UpgradeInfo;
use libp2p::core::upgrade::{InboundConnectionUpgrade, OutboundConnectionUpgrade};
use libp2p::yamux;

/// `version u8 ‖ type u8 ‖ flags u16 ‖ stream u32 ‖ length u32`, big-endian.
const HEADER_BYTES: usize = 12;
const DATA: u8 = 0;
const PING: u8 = 2;
/// A ping that asks; one that answers has the other flag.
const ASKS: u16 = 1;

/// What Yamux is told to do, as before, but over a pipe that pings do not pass.
#[derive(Debug, Clone)]
pub(super) struct Quiet(pub(super) yamux::Config);

impl UpgradeInfo for Quiet {
    type Info = <yamux::Config as UpgradeInfo>::Info;
    type InfoIter = <yamux::Config as UpgradeInfo>::InfoIter;

    fn protocol_info(&self) -> Self::InfoIter {
        self.0.protocol_info()
    }
}

impl<C> InboundConnectionUpgrade<C> for Quiet
where
    C: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    type Output = yamux::Muxer<NoPings<C>>;
    type Error = std::io::Error;
    type Future = futures::future::Ready<Result<Self::Output>>;

    fn upgrade_inbound(self, pipe: C, info: Self::Info) -> Self::Future {
        self.0.upgrade_inbound(NoPings::new(pipe), info)
    }
}

impl<C> OutboundConnectionUpgrade<C> for Quiet
where
    C: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    type Output = yamux::Muxer<NoPings<C>>;
    type Error = std::io::Error;
    type Future = futures::future::Ready<Result<Self::Output>>;

    fn upgrade_outbound(self, pipe: C, info: Self::Info) -> Self::Future {
        self.0.upgrade_outbound(NoPings::new(pipe), info)
    }
}

/// A pipe for the frames that Yamux writes; it offers each header in one piece.
pub(super) struct NoPings<C> {
    pipe: C,
    /// Of the frame that is being written.
    left_bytes: usize,
}

impl<C> NoPings<C> {
    fn new(pipe: C) -> Self {
        Self {
            pipe,
            left_bytes: 0,
        }
    }
}

/// What the next bytes of Yamux begin.
#[derive(Debug, PartialEq, Eq)]
enum Frame {
    Ping,
    /// Of so many bytes, header included.
    Other(usize),
}

fn frame(bytes: &[u8]) -> Frame {
    let Some((head, _)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
        // Less than a header: whatever it is, it passes.
        return Frame::Other(bytes.len());
    };
    let [_version, kind, f0, f1, _, _, _, _, length @ ..] = head;
    if *kind == PING && u16::from_be_bytes([*f0, *f1]) & ASKS != 0 {
        return Frame::Ping;
    }
    let body_bytes = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
    Frame::Other(match *kind {
        DATA => HEADER_BYTES.saturating_add(body_bytes),
        _ => HEADER_BYTES,
    })
}

impl<C: AsyncRead + Unpin> AsyncRead for NoPings<C> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.pipe).poll_read(cx, buffer)
    }
}

impl<C: AsyncWrite + Unpin> AsyncWrite for NoPings<C> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        if self.left_bytes == 0 {
            match frame(bytes) {
                Frame::Ping => return Poll::Ready(Ok(HEADER_BYTES)),
                Frame::Other(frame_bytes) => self.left_bytes = frame_bytes,
            }
        }
        let (now, _) = bytes.split_at(self.left_bytes.min(bytes.len()));
        let written = Pin::new(&mut self.pipe).poll_write(cx, now);
        if let Poll::Ready(Ok(count)) = written {
            self.left_bytes = self.left_bytes.saturating_sub(count);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.pipe).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.pipe).poll_close(cx)
    }
}

#[cfg(test)]
mod tests {
    use futures::io::Cursor;
    use futures::{AsyncWriteExt as _, FutureExt as _};

    use super::*;

    fn header(kind: u8, flags: u16, length: u32) -> Vec<u8> {
        let mut bytes = vec![0, kind];
        bytes.extend(flags.to_be_bytes());
        bytes.extend([0, 0, 0, 1]);
        bytes.extend(length.to_be_bytes());
        bytes
    }

    /// What passes of frames that are written one after the other.
    fn passes(frames: &[Vec<u8>]) -> Vec<u8> {
        let mut pipe = NoPings::new(Cursor::new(Vec::new()));
        for frame in frames {
            let written = pipe.write_all(frame).now_or_never();
            written.unwrap().unwrap();
        }
        assert_eq!(pipe.left_bytes, 0);
        pipe.pipe.into_inner()
    }

    #[test]
    fn a_ping_is_left_out_and_nothing_else() {
        let (ping, pong) = (header(PING, 1, 77), header(PING, 2, 77));
        let (window, goodbye) = (header(1, 1, 4_096), header(3, 0, 0));
        let data = [header(DATA, 0, 5), b"hello".to_vec()].concat();
        let frames = [&window, &ping, &data, &ping, &pong, &goodbye].map(Vec::clone);
        let kept = [window, data, pong, goodbye].concat();
        assert_eq!(passes(&frames), kept);
    }

    #[test]
    fn bytes_of_a_body_that_look_like_a_ping_pass() {
        let body = header(PING, 1, 77);
        let frames = [header(DATA, 0, 24), body.clone(), body];
        assert_eq!(passes(&frames), frames.concat());
    }

    #[test]
    fn a_frame_that_the_pipe_takes_in_pieces_is_followed_to_its_end() {
        let body = header(PING, 1, 77);
        let frames = [header(DATA, 0, 12), body, header(PING, 1, 78)];
        let mut pipe = NoPings::new(Pieces(Vec::new()));
        for frame in &frames {
            let written = pipe.write_all(frame).now_or_never();
            written.unwrap().unwrap();
        }
        assert_eq!(pipe.pipe.0, frames[..2].concat());
    }

    /// Takes at most five bytes at once.
    struct Pieces(Vec<u8>);

    impl AsyncWrite for Pieces {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<Result<usize>> {
            let count = bytes.len().min(5);
            self.0.extend(&bytes[..count]);
            Poll::Ready(Ok(count))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
            Poll::Ready(Ok(()))
        }
    }
}
