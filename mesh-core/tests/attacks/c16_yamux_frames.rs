//! C16 · yamux: a first data frame of 262,145 bytes made the receiver panic
//! (CVE-2026-32314), a window update of 0xFFFF0000 overflowed its counter
//! (CVE-2026-31814), and answers to a peer that does not read piled up without end
//! (CVE-2024-32984).
//!
//! All three are sent to a real node, byte by byte below yamux: a stranger who did
//! the Noise handshake. The node must go on, in memory and in what it delivers.

use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::{Ready, ready};
use futures::io::Cursor;
use futures::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use libp2p::core::Endpoint;
use libp2p::core::muxing::{StreamMuxer, StreamMuxerEvent};
use libp2p::core::transport::{DialOpts, PortUse, Transport as _};
use libp2p::core::upgrade::{
    InboundConnectionUpgrade, OutboundConnectionUpgrade, UpgradeInfo, Version,
};
use libp2p::identity::Keypair;
use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, noise, tcp};

use crate::person::{Person, is_apart, quiet, resident_kib};
use crate::size;

const GROWTH_KIB_MAX: usize = 64 * 1_024;
const DATA: u8 = 0;
const WINDOW_UPDATE: u8 = 1;
const PING: u8 = 2;
const SYN: u16 = 1;
const RST: u16 = 8;

/// Takes the place of yamux: it agrees on its name and hands out what is below.
#[derive(Clone)]
struct Below;

/// A muxer in name only.
struct Pipe<C>(C);

impl UpgradeInfo for Below {
    type Info = &'static str;
    type InfoIter = std::iter::Once<&'static str>;

    fn protocol_info(&self) -> Self::InfoIter {
        std::iter::once("/yamux/1.0.0")
    }
}

impl<C> InboundConnectionUpgrade<C> for Below {
    type Output = Pipe<C>;
    type Error = std::io::Error;
    type Future = Ready<Result<Pipe<C>, std::io::Error>>;

    fn upgrade_inbound(self, stream: C, _: &'static str) -> Self::Future {
        ready(Ok(Pipe(stream)))
    }
}

impl<C> OutboundConnectionUpgrade<C> for Below {
    type Output = Pipe<C>;
    type Error = std::io::Error;
    type Future = Ready<Result<Pipe<C>, std::io::Error>>;

    fn upgrade_outbound(self, stream: C, _: &'static str) -> Self::Future {
        ready(Ok(Pipe(stream)))
    }
}

impl<C> StreamMuxer for Pipe<C> {
    type Substream = Cursor<Vec<u8>>;
    type Error = std::io::Error;

    fn poll_inbound(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Result<Self::Substream, Self::Error>> {
        Poll::Pending
    }

    fn poll_outbound(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Result<Self::Substream, Self::Error>> {
        Poll::Pending
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn poll(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Result<StreamMuxerEvent, Self::Error>> {
        Poll::Pending
    }
}

/// Through Noise, and free to say anything to yamux.
async fn stranger(to: SocketAddr) -> impl AsyncRead + AsyncWrite + Unpin {
    let key = Keypair::generate_ed25519();
    let mut transport = tcp::tokio::Transport::default()
        .upgrade(Version::V1)
        .authenticate(noise::Config::new(&key).unwrap())
        .multiplex(Below);
    let address = Multiaddr::from(to.ip()).with(Protocol::Tcp(to.port()));
    let opts = DialOpts {
        role: Endpoint::Dialer,
        port_use: PortUse::New,
    };
    let (_, Pipe(stream)) = transport.dial(address, opts).unwrap().await.unwrap();
    stream
}

/// Version 0 ‖ type ‖ flags u16 ‖ stream u32 ‖ length u32.
fn header(kind: u8, flags: u16, stream: u32, length: u32) -> Vec<u8> {
    let mut bytes = vec![0, kind];
    bytes.extend(flags.to_be_bytes());
    bytes.extend(stream.to_be_bytes());
    bytes.extend(length.to_be_bytes());
    bytes
}

/// Writes as much as is taken within a second, and reads nothing: afterwards the
/// other end has closed, or holds what it holds.
async fn pour(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> bool {
    let written = async {
        stream.write_all(bytes).await?;
        stream.flush().await
    };
    let result = tokio::time::timeout(Duration::from_secs(1), written).await;
    matches!(result, Ok(Ok(())))
}

async fn is_closed(stream: &mut (impl AsyncRead + Unpin)) -> bool {
    let closed = async {
        let mut buffer = [0; 1_024];
        while let Ok(1..) = stream.read(&mut buffer).await {}
    };
    tokio::time::timeout(Duration::from_secs(20), closed)
        .await
        .is_ok()
}

/// Ben writes to Ana, who is under attack.
async fn assert_delivers(ana: &mut Person, ben: &mut Person, text: &str) {
    ben.write(text).await;
    ana.read(text).await;
}

#[test]
fn documented_frames_neither_stop_nor_fill_a_node() {
    if !is_apart("c16_yamux_frames::documented_frames_neither_stop_nor_fill_a_node") {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let mut ana = Person::start(quiet(folder.path().join("ana")), "Ana").await;
        let mut ben = Person::start(quiet(folder.path().join("ben")), "Ben").await;
        ben.dial(ana.listen[0]).await;
        assert_delivers(&mut ana, &mut ben, "before").await;
        let before = resident_kib();

        // One byte more than the first window, with the frame that opens the stream.
        let mut big = header(DATA, SYN, 1, 262_145);
        big.resize(big.len() + 262_145, 7);
        let mut stream = stranger(ana.listen[0]).await;
        pour(&mut stream, &big).await;
        assert!(is_closed(&mut stream).await, "a frame over the window");
        assert_delivers(&mut ana, &mut ben, "after the first").await;

        let mut updates = header(WINDOW_UPDATE, SYN, 1, 0xffff_0000);
        updates.extend(header(WINDOW_UPDATE, 0, 1, 0xffff_0000).repeat(16));
        updates.extend(header(WINDOW_UPDATE, SYN, 3, u32::MAX));
        let mut stream = stranger(ana.listen[0]).await;
        pour(&mut stream, &updates).await;
        assert_delivers(&mut ana, &mut ben, "after the second").await;

        // Questions whose answers nobody reads, from as many as are let in.
        let count = size(40_000, 1_000_000) as usize;
        let mut held = Vec::new();
        for _ in 0..8 {
            let mut stream = stranger(ana.listen[0]).await;
            let questions = header(PING, SYN, 0, 1).repeat(count);
            pour(&mut stream, &questions).await;
            held.push(stream);
        }
        let opened: Vec<u8> = (0..count as u32)
            .flat_map(|number| {
                let stream = 2 * number + 1;
                let mut both = header(DATA, SYN, stream, 0);
                both.extend(header(DATA, RST, stream, 0));
                both
            })
            .collect();
        let mut stream = stranger(ana.listen[0]).await;
        pour(&mut stream, &opened).await;
        assert_delivers(&mut ana, &mut ben, "amid the third").await;
        let grown = resident_kib().saturating_sub(before);
        println!("grew by {grown} KiB");
        assert!(grown < GROWTH_KIB_MAX, "{grown} KiB");
        drop(held);
        assert_delivers(&mut ana, &mut ben, "after the third").await;
        ana.stop().await;
        ben.stop().await;
    });
}
