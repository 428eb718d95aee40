//! Between a link's frames and its carrier: on an ordered pipe, which its carrier
//! encrypts, their lengths alone; where datagrams get lost, encryption and the
//! datagram layer (`docs/protocol/datagram.md`).

use rand_core::CryptoRng;

use crate::crypto::noise::SEAL_BYTES;
use crate::link::{Allowance, Datagrams, FrameReader, LinkCipher, Opened, put_frame};
use crate::types::{LinkInfo, LinkShape, Mono};

/// Bytes of a frame's length.
const LENGTH_BYTES: usize = 2;

/// Why what a carrier brought gives no frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PipeError {
    /// It is no datagram of this link: nobody's word, and no fault.
    Stray,
    /// The other side broke the protocol.
    Protocol,
}

/// What stands between frames and carrier on one link.
#[derive(Debug)]
pub(super) enum Pipe {
    /// The carrier keeps order, loses nothing and encrypts.
    Direct(Direct),
    /// The carrier moves datagrams.
    Datagrams(Box<Sealed>),
}

/// Frames and their lengths as they are.
#[derive(Debug)]
pub(super) struct Direct {
    reader: FrameReader,
    /// What leaves next.
    ready: Option<Vec<u8>>,
}

/// Frames sealed, and packed into datagrams.
#[derive(Debug)]
pub(super) struct Sealed {
    datagrams: Datagrams,
    reader: FrameReader,
    cipher: LinkCipher,
}

impl Pipe {
    /// Of a fresh link; `None` if its carrier's datagrams are too small to be of use.
    pub(super) fn new(info: &LinkInfo, rng: &mut dyn CryptoRng) -> Option<Self> {
        let allowance = Allowance::of(info.kind);
        match info.shape {
            LinkShape::Pipe => Some(Self::Direct(Direct {
                reader: FrameReader::new(allowance.frame_bytes_max),
                ready: None,
            })),
            LinkShape::Datagrams { mtu } => {
                let datagrams = Datagrams::new(mtu, allowance.credit_bytes)?;
                let (cipher, first) = LinkCipher::new(info.outbound, rng).ok()?;
                let reader = FrameReader::new(allowance.frame_bytes_max + SEAL_BYTES);
                let mut sealed = Sealed {
                    datagrams,
                    reader,
                    cipher,
                };
                if let Some(first) = first {
                    sealed.put_record(&first);
                }
                Some(Self::Datagrams(Box::new(sealed)))
            }
        }
    }

    /// What the queue of outgoing frames counts for itself: the bytes on an ordered
    /// pipe. The datagram layer counts its own.
    pub(super) fn outgoing_credit(&self, allowance: Allowance) -> usize {
        match self {
            Self::Direct(_) => allowance.credit_bytes,
            Self::Datagrams(_) => usize::MAX,
        }
    }

    /// Frames out of what the carrier brought. Those before a fault are lost with it:
    /// the link is closed anyway.
    pub(super) fn receive(&mut self, now: Mono, bytes: &[u8]) -> Result<Vec<Vec<u8>>, PipeError> {
        match self {
            Self::Direct(direct) => direct.reader.read(bytes).map_err(|_| PipeError::Protocol),
            Self::Datagrams(sealed) => sealed.receive(now, bytes),
        }
    }

    /// Bytes of a frame and its length that may be put now. A frame of
    /// `frame_bytes_max` may always begin on an idle link.
    pub(super) fn room(&self, frame_bytes_max: usize) -> usize {
        match self {
            Self::Direct(direct) if direct.ready.is_none() => usize::MAX,
            Self::Datagrams(sealed) if sealed.cipher.is_sealed() => {
                let at_least = LENGTH_BYTES + frame_bytes_max + SEAL_BYTES;
                let room = sealed.datagrams.room(at_least);
                room.saturating_sub(SEAL_BYTES)
            }
            _ => 0,
        }
    }

    /// Takes one frame with its length in front, no more than [`Self::room`].
    pub(super) fn put(&mut self, bytes: Vec<u8>) {
        match self {
            Self::Direct(direct) => direct.ready = Some(bytes),
            Self::Datagrams(sealed) => sealed.put(&bytes),
        }
    }

    /// What to give the carrier next.
    pub(super) fn poll_transmit(&mut self, now: Mono) -> Option<Vec<u8>> {
        match self {
            Self::Direct(direct) => direct.ready.take(),
            Self::Datagrams(sealed) => sealed.datagrams.poll_transmit(now),
        }
    }

    /// Whether an acknowledgement will leave soon on its own: what is in no hurry can
    /// travel with it.
    pub(super) fn acknowledges_later(&self, now: Mono) -> bool {
        self.datagrams()
            .is_some_and(|datagrams| datagrams.acknowledges_later(now))
    }

    /// See [`Datagrams::next_timeout`].
    pub(super) fn next_timeout(&self) -> Option<Mono> {
        self.datagrams().and_then(Datagrams::next_timeout)
    }

    /// See [`Datagrams::is_broken`].
    pub(super) fn is_broken(&self, now: Mono) -> bool {
        self.datagrams()
            .is_some_and(|datagrams| datagrams.is_broken(now))
    }

    /// The datagram layer, where there is one.
    pub(super) fn datagrams(&self) -> Option<&Datagrams> {
        match self {
            Self::Direct(_) => None,
            Self::Datagrams(sealed) => Some(&sealed.datagrams),
        }
    }

    /// The carrier took bytes of a datagram. `false` if somebody else counts them.
    pub(super) fn sent(&mut self, bytes: usize) -> bool {
        match self {
            Self::Direct(_) => false,
            Self::Datagrams(sealed) => {
                sealed.datagrams.sent(bytes);
                true
            }
        }
    }
}

impl Sealed {
    fn receive(&mut self, now: Mono, datagram: &[u8]) -> Result<Vec<Vec<u8>>, PipeError> {
        let stream = self.datagrams.receive(now, datagram);
        let stream = stream.map_err(|_| PipeError::Stray)?;
        let records = self.reader.read(&stream);
        let mut frames = Vec::new();
        for record in records.map_err(|_| PipeError::Protocol)? {
            match self.cipher.open(&record).map_err(|_| PipeError::Protocol)? {
                Opened::Frame(frame) => frames.push(frame),
                Opened::Answer(answer) => self.put_record(&answer),
                Opened::Done => {}
            }
        }
        Ok(frames)
    }

    fn put(&mut self, bytes: &[u8]) {
        let frame = bytes.get(LENGTH_BYTES..).unwrap_or_default();
        // It fails only while there is no room, and after 2⁶⁴ frames.
        if let Ok(sealed) = self.cipher.seal(frame) {
            self.put_record(&sealed);
        }
    }

    fn put_record(&mut self, record: &[u8]) {
        let mut bytes = Vec::with_capacity(LENGTH_BYTES + record.len());
        put_frame(&mut bytes, record);
        self.datagrams.put(&bytes);
    }
}
