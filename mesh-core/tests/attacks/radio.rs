//! A neighbour over datagrams with a modified client: it can speak properly, and
//! can stop doing so at any layer.

use mesh_core::limits::BLE_CREDIT_BYTES;
use mesh_core::link::{Datagrams, FrameReader, LinkCipher, Opened, put_frame};
use mesh_core::testing::rng;
use mesh_core::types::{LinkId, LinkKind, LinkShape, Mono};
use mesh_core::wire::frame::{Record, decode_frame, encode_record};

use crate::world::World;

/// Bytes of a datagram on Bluetooth.
pub(crate) const MTU: usize = 509;
/// A link whose carrier loses and reorders.
pub(crate) const RADIO: LinkShape = LinkShape::Datagrams { mtu: MTU };

pub(crate) struct Radio {
    pub(crate) link: LinkId,
    datagrams: Datagrams,
    reader: FrameReader,
    cipher: LinkCipher,
    pub(crate) records: Vec<Record>,
}

impl Radio {
    /// Connects to a node and shakes hands; says nothing more.
    pub(crate) fn connect(world: &mut World, node: usize) -> Self {
        let link = world.besiege(node, LinkKind::Ble, RADIO);
        let (cipher, first) = LinkCipher::new(true, &mut rng(link.0)).unwrap();
        let mut radio = Self {
            link,
            datagrams: Datagrams::new(MTU, BLE_CREDIT_BYTES).unwrap(),
            reader: FrameReader::default(),
            cipher,
            records: Vec::new(),
        };
        radio.put(&first.unwrap());
        radio.pump(world);
        assert!(radio.cipher.is_sealed());
        radio
    }

    /// The same, and says Hello.
    pub(crate) fn neighbour(world: &mut World, node: usize) -> Self {
        let mut radio = Self::connect(world, node);
        let hello = world.hello(radio.link);
        radio.say(world, &[hello]);
        radio
    }

    pub(crate) fn say(&mut self, world: &mut World, records: &[Record]) {
        let datagrams = self.prepare(world, records);
        self.bring(world, datagrams);
        self.pump(world);
    }

    /// What it would send for these records, sealed and cut, and does not.
    pub(crate) fn prepare(&mut self, world: &World, records: &[Record]) -> Vec<Vec<u8>> {
        let mut frame = Vec::new();
        records
            .iter()
            .for_each(|record| encode_record(&mut frame, record));
        let sealed = self.cipher.seal(&frame).unwrap();
        self.put(&sealed);
        self.poll(world)
    }

    pub(crate) fn bring(&self, world: &mut World, datagrams: Vec<Vec<u8>>) {
        datagrams
            .into_iter()
            .for_each(|bytes| world.bring(self.link, bytes));
    }

    /// Takes what came and answers it.
    pub(crate) fn pump(&mut self, world: &mut World) {
        loop {
            let datagrams = self.poll(world);
            self.bring(world, datagrams);
            let heard = world.heard(self.link);
            if heard.is_empty() {
                return;
            }
            for datagram in heard {
                let stream = self.datagrams.receive(Mono(world.mono), &datagram).unwrap();
                for record in self.reader.read(&stream).unwrap() {
                    if let Opened::Frame(frame) = self.cipher.open(&record).unwrap() {
                        self.records.extend(decode_frame(&frame).unwrap());
                    }
                }
            }
        }
    }

    fn put(&mut self, record: &[u8]) {
        let mut bytes = Vec::new();
        put_frame(&mut bytes, record);
        self.datagrams.put(&bytes);
    }

    fn poll(&mut self, world: &World) -> Vec<Vec<u8>> {
        let polled = std::iter::from_fn(|| {
            let datagram = self.datagrams.poll_transmit(Mono(world.mono))?;
            self.datagrams.sent(datagram.len());
            Some(datagram)
        });
        polled.collect()
    }
}
