//! C21 · half-open handshakes: sockets and tasks pinned by those who connect and say
//! nothing.
//!
//! Thousands connect to a real node, from many hosts, and are silent or say nonsense;
//! a neighbour who comes afterwards is linked within two seconds.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::Instant;

use crate::person::{Person, is_apart, quiet, resident_kib};
use crate::size;

const HONEST_MAX: Duration = Duration::from_secs(2);
const GROWTH_KIB_MAX: usize = 64 * 1_024;

/// From one of 250 hosts, all of which are this machine.
async fn connect(number: u64, to: SocketAddr) -> Option<TcpStream> {
    let socket = TcpSocket::new_v4().unwrap();
    let host = Ipv4Addr::new(127, 0, 1, (number % 250) as u8 + 1);
    socket.bind(SocketAddr::from((host, 0))).unwrap();
    let connected = tokio::time::timeout(Duration::from_secs(5), socket.connect(to));
    connected.await.ok()?.ok()
}

#[test]
fn thousands_that_say_nothing_do_not_keep_a_neighbour_out() {
    if !is_apart("c21_half_open::thousands_that_say_nothing_do_not_keep_a_neighbour_out") {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let mut ana = Person::start(quiet(folder.path().join("ana")), "Ana").await;
        let mut ben = Person::start(quiet(folder.path().join("ben")), "Ben").await;
        let before = resident_kib();
        let mut held = Vec::new();
        for number in 0..size(1_000, 5_000) {
            let Some(mut stream) = connect(number, ana.listen[0]).await else {
                continue;
            };
            if number % 3 == 0 {
                let _ = stream.write_all(&[0x13; 40]).await;
            }
            held.push(stream);
        }
        let begun = Instant::now();
        ben.dial(ana.listen[0]).await;
        ben.until("link", |ben| ben.links == 1).await;
        let took = begun.elapsed();
        println!("{} half open, linked after {took:?}", held.len());
        assert!(took < HONEST_MAX, "{took:?}");
        ben.write("through the crowd").await;
        ana.read("through the crowd").await;
        let grown = resident_kib().saturating_sub(before);
        assert!(grown < GROWTH_KIB_MAX, "{grown} KiB");
        drop(held);
        ana.stop().await;
        ben.stop().await;
    });
}
