//! Replays `testdata/vectors`, which `make.py` beside them writes: a second
//! implementation in another language, from the protocol pages alone. What fails
//! here no longer talks to what was released.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a vector that cannot be read fails its test"
)]

use std::collections::BTreeMap;
use std::path::Path;

use mesh_core::crypto::channel::{ChannelDay, ChannelName, ChannelRoot, Phrase, Pseudonym};
use mesh_core::crypto::identity::{Card, Identity};
use mesh_core::crypto::seal::{OpenError, PostSeal, open_post, seal_post};
use mesh_core::crypto::secret::Secret;
use mesh_core::crypto::session::{Parties, Session};
use mesh_core::crypto::vault::{Keybag, Vault, VaultError};
use mesh_core::limits::BLE_CREDIT_BYTES;
use mesh_core::link::{Datagrams, FrameReader, LinkCipher, Opened, put_frame};
use mesh_core::types::{Day, MessageClass, Mono, Wall};
use mesh_core::wire::envelope::Envelope;
use mesh_core::wire::inner::Inner;
use rand_core::{TryCryptoRng, TryRng};
use x25519_dalek::{PublicKey, StaticSecret};

/// One file: `key: value` lines, the values hexadecimal unless read as text.
struct Vector(BTreeMap<String, String>);

impl Vector {
    fn load(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/vectors");
        let text = std::fs::read_to_string(folder.join(name).with_extension("txt")).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let fields = lines.map(|line| line.split_once(": ").unwrap());
        Self(fields.map(|(k, v)| (k.into(), v.into())).collect())
    }

    fn text(&self, key: &str) -> &str {
        &self.0[key]
    }

    fn number(&self, key: &str) -> u32 {
        self.text(key).parse().unwrap()
    }

    fn bytes(&self, key: &str) -> Vec<u8> {
        let digits = self.text(key).as_bytes().chunks(2);
        digits
            .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    fn array<const N: usize>(&self, key: &str) -> [u8; N] {
        self.bytes(key).try_into().unwrap()
    }

    fn channel_day(&self) -> ChannelDay {
        ChannelRoot::from_bytes(self.array("root")).day(Day(self.number("day")))
    }
}

#[test]
fn channel_roots_are_those_of_the_second_implementation() {
    let vector = Vector::load("channel_roots");
    let name = ChannelName::parse(vector.text("name")).unwrap();
    assert_eq!(
        ChannelRoot::public(&name).to_bytes(),
        vector.array("public_root")
    );
    let phrase = Phrase::parse(vector.text("phrase")).unwrap();
    let root = ChannelRoot::from_phrase(&phrase).unwrap();
    assert_eq!(root.to_bytes(), vector.array("phrase_root"));
}

#[test]
fn inner_messages_decode_and_encode_to_the_same_bytes() {
    let vector = Vector::load("inner");
    for key in ["short", "long", "sos", "unknown_kind"] {
        let bytes = vector.bytes(key);
        let inner = Inner::decode(&bytes).unwrap();
        assert_eq!(inner.encode(), Some(bytes), "{key}");
    }
    let short = Inner::decode(&vector.bytes("short")).unwrap();
    let part = short.text_part().unwrap().unwrap();
    assert_eq!(short.name, "Aïda");
    assert_eq!(part.bytes, "Où est l’eau ?".as_bytes());
    assert_eq!(short.class(), Some(MessageClass::Text));
    let sos = Inner::decode(&vector.bytes("sos")).unwrap();
    assert_eq!(sos.class(), Some(MessageClass::Sos));
    assert_eq!(sos.text_part(), short.text_part());
    let unknown = Inner::decode(&vector.bytes("unknown_kind")).unwrap();
    assert_eq!((unknown.kind, unknown.text_part()), (60_000, None));
}

#[test]
fn posts_open_and_seal_to_the_same_bytes() {
    for name in ["post_480", "post_1920"] {
        let vector = Vector::load(name);
        let (day, envelope) = (vector.channel_day(), vector.bytes("envelope"));
        assert!(Envelope::parse(envelope.clone()).is_ok());
        let post = open_post(&day, &envelope).unwrap();
        assert_eq!(post.author, vector.array("author"));
        assert_eq!(post.inner.encode(), Some(vector.bytes("inner")));
        let seal = PostSeal {
            day: &day,
            pseudonym: &Pseudonym::from_seed(&vector.array("pseudonym_seed")),
            header: *envelope.first_chunk().unwrap(),
            slot: u16::try_from(vector.number("slot")).unwrap(),
            nonce: vector.array("nonce"),
            envelope_bytes: envelope.len(),
        };
        assert_eq!(seal_post(&seal, &post.inner), Ok(envelope), "{name}");
    }
}

#[test]
fn posts_with_a_flipped_bit_stay_shut() {
    let vector = Vector::load("post_480");
    let (day, envelope) = (vector.channel_day(), vector.bytes("envelope"));
    for bit in 0..envelope.len() * 8 {
        let mut altered = envelope.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(open_post(&day, &altered), Err(OpenError), "bit {bit}");
    }
}

#[test]
fn card_decodes_and_the_same_identity_makes_it_again() {
    let vector = Vector::load("card");
    let card = Card::decode(&vector.bytes("card")).unwrap();
    assert_eq!(card.id(), vector.array("id"));
    let identity = Identity::from_seed(&Secret::take(&mut vector.array("seed")));
    let name = String::from_utf8(vector.bytes("name")).unwrap();
    let again = identity.card(vector.array("card_secret"), &name).unwrap();
    assert_eq!(again, card);
    assert_eq!(identity.encode_card(&again), vector.bytes("card"));
}

#[test]
fn vault_opens_at_any_slot_and_its_key_opens_the_keybag() {
    let vector = Vector::load("vault");
    let passphrase = String::from_utf8(vector.bytes("passphrase")).unwrap();
    let vault = vector.bytes("vault");
    let master = Vault::open(&vault, &passphrase).unwrap();
    let keybag = Keybag::open(&master.master, &vector.bytes("keybag")).unwrap();
    assert_eq!(keybag.sequence, u64::from(vector.number("sequence")));
    assert_eq!(keybag.database_key.expose(), &vector.array("database_key"));
    assert_eq!(keybag.state_key.expose(), &vector.array("state_key"));
    assert_eq!(
        Vault::open(&vault, "cafe au lait"),
        Err(VaultError::WrongPassphrase)
    );
}

/// Draws the same 32 bytes each time.
struct Drawn([u8; 32]);

impl TryRng for Drawn {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        panic!("a handshake draws bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        panic!("a handshake draws bytes")
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Self::Error> {
        into.copy_from_slice(&self.0);
        Ok(())
    }
}

impl TryCryptoRng for Drawn {}

/// One end of a link over datagrams.
struct End {
    datagrams: Datagrams,
    cipher: LinkCipher,
}

impl End {
    fn new(outbound: bool, key: [u8; 32]) -> Self {
        let (cipher, first) = LinkCipher::new(outbound, &mut Drawn(key)).unwrap();
        let datagrams = Datagrams::new(509, BLE_CREDIT_BYTES).unwrap();
        let mut end = Self { datagrams, cipher };
        first.into_iter().for_each(|first| end.put(&first));
        end
    }

    fn put(&mut self, record: &[u8]) {
        let mut bytes = Vec::new();
        put_frame(&mut bytes, record);
        self.datagrams.put(&bytes);
    }

    fn say(&mut self, frame: &[u8]) {
        let sealed = self.cipher.seal(frame).unwrap();
        self.put(&sealed);
    }

    fn hear(&mut self, datagram: &[u8]) -> Vec<Opened> {
        let stream = self.datagrams.receive(Mono(0), datagram).unwrap();
        let records = FrameReader::default().read(&stream).unwrap();
        let opened = records
            .iter()
            .map(|record| self.cipher.open(record).unwrap());
        opened.collect()
    }

    fn next(&mut self) -> Option<Vec<u8>> {
        self.datagrams.poll_transmit(Mono(0))
    }
}

#[test]
fn a_link_over_datagrams_begins_with_the_same_bytes() {
    let vector = Vector::load("datagrams");
    let mut caller = End::new(true, vector.array("caller_key"));
    let mut called = End::new(false, vector.array("called_key"));
    assert_eq!(caller.next(), Some(vector.bytes("first")));
    let answer = match called.hear(&vector.bytes("first")).remove(0) {
        Opened::Answer(answer) => answer,
        other => panic!("{other:?}"),
    };
    called.put(&answer);
    called.say(&vector.bytes("called_frame"));
    assert_eq!(called.next(), Some(vector.bytes("answer")));
    let heard = caller.hear(&vector.bytes("answer"));
    let frame = Opened::Frame(vector.bytes("called_frame"));
    assert_eq!(heard, [Opened::Done, frame]);
    caller.say(&vector.bytes("caller_frame"));
    assert_eq!(caller.next(), Some(vector.bytes("reply_1")));
    assert_eq!(caller.next(), Some(vector.bytes("reply_2")));
    assert_eq!(called.hear(&vector.bytes("reply_2")), []);
    assert_eq!(called.next(), Some(vector.bytes("gap")));
    let heard = called.hear(&vector.bytes("reply_1"));
    assert_eq!(heard, [Opened::Frame(vector.bytes("caller_frame"))]);
}

/// Draws what the vector says, in its order.
struct Script(Vec<u8>);

impl TryRng for Script {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        panic!("a session draws bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        panic!("a session draws bytes")
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Self::Error> {
        let rest = self.0.split_off(into.len());
        into.copy_from_slice(&std::mem::replace(&mut self.0, rest));
        Ok(())
    }
}

impl TryCryptoRng for Script {}

#[test]
fn sessions_of_two_people_say_the_same_bytes() {
    let vector = Vector::load("session");
    let shared = Secret::take(&mut vector.array("shared"));
    let prekey = Secret::take(&mut vector.array("prekey"));
    let parties = Parties::new(&vector.array("card_a"), &vector.array("card_b"));
    let theirs = PublicKey::from(&StaticSecret::from(*prekey.expose())).to_bytes();
    let mut drawn = ["drawn_a", "drawn_b"].map(|key| Script(vector.bytes(key)));
    let mut a = Session::initiate(&shared, theirs, parties, &mut drawn[0]).unwrap();
    let mut b = Session::answer(&shared, prekey, parties);
    let header = vector.array("header");
    let inside = a.seal_embedded(&mut drawn[0], header, 700, b"inside a knock");
    assert_eq!(inside.unwrap().envelope, vector.bytes("envelope_1"));
    let full = [b'x'; 1_810];
    let mut says = |from: &mut Session, at: usize, key: &str, data: &[u8]| {
        let expected = vector.bytes(key);
        let sealed = from.seal(&mut drawn[at], header, expected.len(), data);
        assert_eq!(sealed.unwrap().envelope, expected, "{key}");
    };
    let reads = |to: &mut Session, key: &str, data: &[u8]| {
        let envelope = vector.bytes(key);
        let opening = to.open(Wall(0), &envelope).unwrap();
        assert_eq!(opening.data(), data, "{key}");
        opening.commit();
    };
    says(&mut a, 0, "envelope_2", b"Where are you?");
    says(&mut a, 0, "envelope_3", &full);
    reads(&mut b, "envelope_3", &full);
    says(&mut b, 1, "envelope_4", b"At the bridge.");
    reads(&mut a, "envelope_4", b"At the bridge.");
    says(&mut a, 0, "envelope_5", "Où ?".as_bytes());
    says(&mut a, 0, "envelope_6", b"");
    reads(&mut b, "envelope_6", b"");
    reads(&mut b, "envelope_2", b"Where are you?");
    reads(&mut b, "envelope_5", "Où ?".as_bytes());
    let first = vector.bytes("envelope_1");
    let opening = b.open_embedded(Wall(0), &first).unwrap();
    assert_eq!(opening.data(), b"inside a knock");
    opening.commit();
}
