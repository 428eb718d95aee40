//! Cuts lines out of standard input. Whoever writes there may be broken or
//! hostile: a line never takes more memory than the limit, whatever its length.

use std::io::{BufRead, Read};

use tokio::sync::mpsc;

use super::rpc::LINE_BYTES_MAX;

/// Lines read ahead of the loop.
const LINES_AHEAD_MAX: usize = 8;

/// One line of input, without its line break.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Its bytes, perhaps not UTF-8.
    Bytes(Vec<u8>),
    /// It was longer than [`LINE_BYTES_MAX`]; all of it was skipped.
    TooLong,
}

/// Reads standard input on a thread of its own, as a blocked read cannot be
/// cancelled. The channel closes at the end of input.
pub(super) fn start() -> std::io::Result<mpsc::Receiver<Line>> {
    let (lines, queue) = mpsc::channel(LINES_AHEAD_MAX);
    std::thread::Builder::new()
        .name("stdin".into())
        .spawn(move || {
            let mut input = std::io::stdin().lock();
            // A broken input is an ended one: there is nobody to ask for more.
            while let Ok(Some(line)) = read_line(&mut input) {
                if lines.blocking_send(line).is_err() {
                    return;
                }
            }
        })?;
    Ok(queue)
}

/// The next line; `None` at the end. The last one needs no line break.
fn read_line<R: BufRead>(input: &mut R) -> std::io::Result<Option<Line>> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(LINE_BYTES_MAX).unwrap_or(u64::MAX);
    input.by_ref().take(limit).read_until(b'\n', &mut bytes)?;
    match bytes.last() {
        None => return Ok(None),
        Some(b'\n') => {
            bytes.pop();
            return Ok(Some(Line::Bytes(bytes)));
        }
        Some(_) if bytes.len() < LINE_BYTES_MAX => return Ok(Some(Line::Bytes(bytes))),
        Some(_) => {}
    }
    // Exactly at the limit without a break: too long unless the input ends here.
    if input.fill_buf()?.is_empty() {
        return Ok(Some(Line::Bytes(bytes)));
    }
    input.skip_until(b'\n')?;
    Ok(Some(Line::TooLong))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(mut input: &[u8]) -> Vec<Line> {
        std::iter::from_fn(|| read_line(&mut input).unwrap()).collect()
    }

    fn bytes(text: &[u8]) -> Line {
        Line::Bytes(text.to_vec())
    }

    #[test]
    fn lines_come_whole_and_the_last_needs_no_break() {
        assert_eq!(lines(b"a\n\nb"), vec![bytes(b"a"), bytes(b""), bytes(b"b")]);
        assert_eq!(lines(b""), vec![]);
    }

    #[test]
    fn longest_line_is_read_with_its_break() {
        let mut input = vec![b'x'; LINE_BYTES_MAX - 1];
        input.push(b'\n');
        assert_eq!(
            lines(&input),
            vec![Line::Bytes(vec![b'x'; LINE_BYTES_MAX - 1])]
        );
    }

    #[test]
    fn overlong_line_is_skipped_to_its_end_and_the_next_is_read() {
        let mut input = vec![b'x'; LINE_BYTES_MAX * 3];
        input.extend_from_slice(b"\nnext\n");
        assert_eq!(lines(&input), vec![Line::TooLong, bytes(b"next")]);
    }

    #[test]
    fn overlong_last_line_is_one_line() {
        assert_eq!(lines(&vec![b'x'; LINE_BYTES_MAX + 1]), vec![Line::TooLong]);
    }
}
