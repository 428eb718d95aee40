//! Frames on an ordered byte pipe: `length u16, little-endian ‖ frame`.
//!
//! The length counts the frame alone; 0 is not a frame.

use crate::limits::FRAME_BYTES_LAN_MAX;

/// Bytes in front of each frame.
const LENGTH_BYTES: usize = 2;

/// The neighbour announced a frame that is empty or larger than allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a frame of {bytes} bytes is not allowed here")]
pub struct FramingError {
    /// As announced.
    pub bytes: usize,
}

/// Cuts frames out of bytes that come in any pieces. Holds at most one frame.
#[derive(Debug)]
pub struct FrameReader {
    buffer: Vec<u8>,
    frame_bytes_max: usize,
}

impl Default for FrameReader {
    /// For frames of a LAN link.
    fn default() -> Self {
        Self::new(FRAME_BYTES_LAN_MAX)
    }
}

impl FrameReader {
    /// Takes frames of at most `frame_bytes_max` bytes.
    #[must_use]
    pub fn new(frame_bytes_max: usize) -> Self {
        Self {
            buffer: Vec::new(),
            frame_bytes_max,
        }
    }

    /// Takes bytes and returns the frames that are whole now, in order.
    ///
    /// # Errors
    /// The pipe is out of step for good: close it.
    pub fn read(&mut self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, FramingError> {
        self.buffer.extend_from_slice(bytes);
        let mut frames = Vec::new();
        let mut rest = self.buffer.as_slice();
        while let Some((length, tail)) = rest.split_first_chunk::<LENGTH_BYTES>() {
            let length = usize::from(u16::from_le_bytes(*length));
            if length == 0 || length > self.frame_bytes_max {
                return Err(FramingError { bytes: length });
            }
            let Some((frame, next)) = tail.split_at_checked(length) else {
                break;
            };
            frames.push(frame.to_vec());
            rest = next;
        }
        self.buffer = rest.to_vec();
        Ok(frames)
    }
}

/// Appends a frame with its length to bytes for the pipe. A frame is never empty
/// and never above [`FRAME_BYTES_LAN_MAX`]: whoever builds it keeps to that.
pub fn put_frame(pipe: &mut Vec<u8>, frame: &[u8]) {
    debug_assert!(!frame.is_empty() && frame.len() <= FRAME_BYTES_LAN_MAX);
    let length = u16::try_from(frame.len()).unwrap_or(u16::MAX);
    pipe.extend_from_slice(&length.to_le_bytes());
    pipe.extend_from_slice(frame);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn empty_and_oversized_frames_end_the_link() {
        for length in [0, FRAME_BYTES_LAN_MAX + 1, usize::from(u16::MAX)] {
            let bytes = u16::try_from(length).unwrap().to_le_bytes();
            assert_eq!(
                FrameReader::default().read(&bytes),
                Err(FramingError { bytes: length })
            );
        }
    }

    #[test]
    fn buffer_never_holds_more_than_one_frame() {
        let mut reader = FrameReader::default();
        let mut pipe = Vec::new();
        put_frame(&mut pipe, &[1; FRAME_BYTES_LAN_MAX]);
        for piece in pipe.repeat(4).chunks(1_000) {
            let _ = reader.read(piece);
            assert!(reader.buffer.len() <= FRAME_BYTES_LAN_MAX + LENGTH_BYTES);
        }
    }

    #[test]
    fn a_link_with_small_frames_takes_no_larger_ones() {
        let mut reader = FrameReader::new(9);
        assert_eq!(reader.read(&[9, 0]), Ok(Vec::new()));
        let mut reader = FrameReader::new(9);
        assert_eq!(reader.read(&[10, 0]), Err(FramingError { bytes: 10 }));
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_frames(
            frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..300), 0..20),
            piece in 1usize..64,
        ) {
            let mut pipe = Vec::new();
            frames.iter().for_each(|frame| put_frame(&mut pipe, frame));
            let mut reader = FrameReader::default();
            let mut read = Vec::new();
            for bytes in pipe.chunks(piece) {
                read.extend(reader.read(bytes).unwrap());
            }
            prop_assert_eq!(read, frames);
        }
    }
}
