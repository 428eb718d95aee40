//! Encryption of a link whose carrier brings none: a handshake in the first records
//! of its stream, then every frame sealed (`docs/protocol/datagram.md`).

use rand_core::CryptoRng;

use crate::crypto::noise::{Handshake, NoiseError, Session, Side};

/// Where a link's encryption stands.
#[derive(Debug)]
enum State {
    Shaking(Box<Handshake>),
    Sealed(Box<Session>),
    /// The other side broke off: nothing is sealed or opened any more.
    Failed,
}

/// What one record of the other side was.
#[derive(Debug, PartialEq, Eq)]
pub enum Opened {
    /// A frame.
    Frame(Vec<u8>),
    /// The handshake's first message; this is the answer.
    Answer(Vec<u8>),
    /// The handshake's last message.
    Done,
}

/// One link's encryption.
#[derive(Debug)]
pub struct LinkCipher(State);

impl LinkCipher {
    /// Of a fresh link, and what to say first on it: the side that called begins.
    ///
    /// # Errors
    /// Never in practice, see [`Handshake::new`].
    pub fn new(
        outbound: bool,
        rng: &mut dyn CryptoRng,
    ) -> Result<(Self, Option<Vec<u8>>), NoiseError> {
        let side = if outbound { Side::Caller } else { Side::Called };
        let mut handshake = Handshake::new(side, rng)?;
        let first = match side {
            Side::Caller => Some(handshake.write()?),
            Side::Called => None,
        };
        Ok((Self(State::Shaking(Box::new(handshake))), first))
    }

    /// Whether frames can be sealed.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        matches!(self.0, State::Sealed(_))
    }

    /// Takes the other side's next record.
    ///
    /// # Errors
    /// It is not what the other side of this link would have sent: close the link.
    /// Everything after it fails too.
    pub fn open(&mut self, record: &[u8]) -> Result<Opened, NoiseError> {
        match std::mem::replace(&mut self.0, State::Failed) {
            State::Shaking(handshake) => self.shake(*handshake, record),
            State::Sealed(mut session) => {
                let frame = session.open(record)?;
                self.0 = State::Sealed(session);
                Ok(Opened::Frame(frame))
            }
            State::Failed => Err(NoiseError),
        }
    }

    /// Seals a frame.
    ///
    /// # Errors
    /// The handshake is not done, or the link is of no use any more.
    pub fn seal(&mut self, frame: &[u8]) -> Result<Vec<u8>, NoiseError> {
        match &mut self.0 {
            State::Sealed(session) => session.seal(frame),
            _ => Err(NoiseError),
        }
    }

    fn shake(&mut self, mut handshake: Handshake, record: &[u8]) -> Result<Opened, NoiseError> {
        handshake.read(record)?;
        let opened = match handshake.is_finished() {
            true => Opened::Done,
            false => Opened::Answer(handshake.write()?),
        };
        self.0 = State::Sealed(Box::new(handshake.finish()?));
        Ok(opened)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::rng;

    #[test]
    fn two_messages_and_both_sides_seal() {
        let mut rng = rng(1);
        let (mut caller, first) = LinkCipher::new(true, &mut rng).unwrap();
        let (mut called, none) = LinkCipher::new(false, &mut rng).unwrap();
        assert_eq!(none, None);
        assert_eq!(caller.seal(b"too early"), Err(NoiseError));
        let Opened::Answer(answer) = called.open(&first.unwrap()).unwrap() else {
            panic!("no answer")
        };
        assert_eq!(caller.open(&answer), Ok(Opened::Done));
        assert!(caller.is_sealed() && called.is_sealed());
        let sealed = called.seal(b"hello").unwrap();
        assert_eq!(caller.open(&sealed), Ok(Opened::Frame(b"hello".to_vec())));
    }

    #[test]
    fn after_a_failure_nothing_opens_any_more() {
        let mut rng = rng(2);
        let (mut caller, first) = LinkCipher::new(true, &mut rng).unwrap();
        let (mut called, _) = LinkCipher::new(false, &mut rng).unwrap();
        let Ok(Opened::Answer(answer)) = called.open(&first.unwrap()) else {
            panic!("no answer")
        };
        caller.open(&answer).unwrap();
        let sealed = called.seal(b"hello").unwrap();
        assert_eq!(caller.open(b"garbage"), Err(NoiseError));
        assert_eq!(caller.open(&sealed), Err(NoiseError));
    }

    #[test]
    fn two_callers_do_not_understand_each_other() {
        let mut rng = rng(3);
        let (mut one, first) = LinkCipher::new(true, &mut rng).unwrap();
        assert_eq!(one.open(&first.unwrap()), Err(NoiseError));
    }
}
