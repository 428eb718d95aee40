//! Just enough of Rust's grammar: what is code, where paths lead, where a
//! function ends. Whatever it does not know it takes for an unknown token.

/// The text with comments, strings and characters blanked out; line breaks stay.
pub(crate) fn code(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut kept = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let end = match skipped(&bytes[at..], kept.last().copied()) {
            0 => {
                kept.push(bytes[at]);
                at += 1;
                continue;
            }
            length => (at + length).min(bytes.len()),
        };
        kept.extend(
            bytes[at..end]
                .iter()
                .map(|byte| if *byte == b'\n' { b'\n' } else { b' ' }),
        );
        at = end;
    }
    String::from_utf8(kept).unwrap()
}

/// Length of the comment or literal that begins here; 0 if none does.
fn skipped(rest: &[u8], before: Option<u8>) -> usize {
    let in_word = before.is_some_and(is_word);
    match rest {
        [b'/', b'/', ..] => until(rest, 2, b"\n").saturating_sub(1).max(2),
        [b'/', b'*', ..] => block_comment(rest),
        [b'"', ..] => string(rest),
        [b'r', b'"' | b'#', ..] if !in_word => raw_string(rest, 1),
        [b'b', b'r', b'"' | b'#', ..] if !in_word => raw_string(rest, 2),
        [b'\'', b'\\', ..] => until(rest, 3, b"'"),
        [b'\'', ..] => character(rest),
        _ => 0,
    }
}

/// A character literal, or 0 for a lifetime.
fn character(rest: &[u8]) -> usize {
    (2..=5)
        .find(|end| rest.get(*end) == Some(&b'\''))
        .filter(|end| core::str::from_utf8(&rest[1..*end]).is_ok_and(|c| c.chars().count() == 1))
        .map_or(0, |end| end + 1)
}

fn string(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

fn raw_string(rest: &[u8], prefix: usize) -> usize {
    let hashes = rest[prefix..]
        .iter()
        .take_while(|byte| **byte == b'#')
        .count();
    if rest.get(prefix + hashes) != Some(&b'"') {
        // A raw identifier.
        return 0;
    }
    let mut end = vec![b'"'];
    end.resize(1 + hashes, b'#');
    until(rest, prefix + hashes + 1, &end)
}

fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// Where `end` ends, looking from `from`.
fn until(rest: &[u8], from: usize, end: &[u8]) -> usize {
    rest.get(from..)
        .and_then(|tail| tail.windows(end.len()).position(|window| window == end))
        .map_or(rest.len(), |found| from + found + end.len())
}

/// Code without the modules marked `#[cfg(test)]`. Takes what [`code`] gave.
pub(crate) fn without_tests(code: &str) -> String {
    let mut kept = code.to_owned();
    while let Some(start) = kept.find("#[cfg(test)]") {
        let end = start + item_length(&kept[start..]);
        kept.replace_range(start..end, "");
    }
    kept
}

/// Length of the item that begins here: to its `;` or its closing brace.
fn item_length(item: &str) -> usize {
    let (mut braces, mut others) = (0, 0);
    for (at, byte) in item.bytes().enumerate() {
        match byte {
            b'{' => braces += 1,
            b'}' => {
                braces -= 1;
                if braces <= 0 && others == 0 {
                    return at + 1;
                }
            }
            b'(' | b'[' => others += 1,
            b')' | b']' => others -= 1,
            b';' if braces == 0 && others == 0 => return at + 1,
            _ => {}
        }
    }
    item.len()
}

/// Name, first line (from 1) and length in lines of every function with a body.
/// Takes what [`code`] gave.
pub(crate) fn functions(code: &str) -> Vec<(String, usize, usize)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        if at > 0 && is_word(code.as_bytes()[at - 1]) {
            continue;
        }
        let name: String = code[at + 3..]
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        let item = &code[at..at + item_length(&code[at..])];
        if !name.is_empty() && item.ends_with('}') {
            let first = code[..at].matches('\n').count() + 1;
            found.push((name, first, item.matches('\n').count() + 1));
        }
    }
    found
}

/// First two segments of every path that begins with `root::`, lists unfolded.
/// Takes what [`code`] gave.
pub(crate) fn paths(code: &str, root: &str) -> Vec<Vec<String>> {
    let tokens = tokens(code);
    let mut found = Vec::new();
    for (at, pair) in tokens.windows(2).enumerate() {
        let inside_path = at > 0 && tokens[at - 1] == "::";
        if pair[0] == root && pair[1] == "::" && !inside_path {
            tree(&tokens, at + 2, &[], &mut found);
        }
    }
    found
}

/// Reads one branch of a use tree from `at`; gives where it ends.
fn tree(
    tokens: &[String],
    mut at: usize,
    prefix: &[String],
    found: &mut Vec<Vec<String>>,
) -> usize {
    let mut path = prefix.to_vec();
    loop {
        match tokens.get(at).map(String::as_str) {
            Some("{") => {
                at += 1;
                while !matches!(tokens.get(at).map(String::as_str), Some("}") | None) {
                    let next = tree(tokens, at, &path, found);
                    at = next.max(at + 1);
                }
                return at + 1;
            }
            Some(word) if word.bytes().all(is_word) || word == "*" => path.push(word.to_owned()),
            _ => break,
        }
        at += 1;
        if tokens.get(at).map(String::as_str) != Some("::") {
            break;
        }
        at += 1;
    }
    if path.len() > prefix.len() {
        path.truncate(2);
        found.push(path);
    }
    // Past a rename, to what separates branches.
    while matches!(tokens.get(at), Some(word) if word.bytes().all(is_word)) {
        at += 1;
    }
    at
}

fn tokens(code: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut colon = false;
    // The space at the end closes a last word.
    for c in code.chars().chain([' ']) {
        if c.is_ascii() && is_word(c as u8) {
            word.push(c);
            colon = false;
            continue;
        }
        if !word.is_empty() {
            found.push(std::mem::take(&mut word));
        }
        match c {
            ':' if colon => {
                found.push("::".into());
                colon = false;
            }
            ':' => colon = true,
            c if c.is_whitespace() => {}
            c => {
                found.push(c.to_string());
                colon = false;
            }
        }
    }
    found
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[test]
fn comments_strings_and_characters_are_blanked_and_lines_stay() {
    let text =
        "a // crate::x\nb /* c /* d */ e\n*/ f \"g\\\" h\" r#\"i\" j\"# k'l' m '\\'' n::<'o>";
    let code = code(text);
    assert_eq!(code.matches('\n').count(), text.matches('\n').count());
    let words: Vec<&str> = code.split_whitespace().collect();
    assert_eq!(words, ["a", "b", "f", "k", "m", "n::<'o>"]);
}

#[test]
fn test_modules_are_cut_out_and_the_rest_stays() {
    let code = "fn a() {}\n#[cfg(test)]\nmod tests { fn b() { if c {} } }\nfn d() {}\n#[cfg(test)]\nmod e;\nfn f() {}";
    let kept = without_tests(code);
    for (name, stays) in [
        ("a", true),
        ("b", false),
        ("d", true),
        ("e;", false),
        ("f()", true),
    ] {
        assert_eq!(kept.contains(name), stays, "{name}: {kept}");
    }
}

#[test]
fn use_trees_are_unfolded_to_two_segments() {
    let code = "use crate::{a::{b, c::d as e}, f}; let x = crate::g::h::I { j: 1 }; other::crate::k; crate::l";
    let shown: Vec<String> = paths(code, "crate")
        .iter()
        .map(|path| path.join("."))
        .collect();
    assert_eq!(shown, ["a.b", "a.c", "f", "g.h", "l"]);
}

#[test]
fn functions_are_measured_from_their_name_to_their_brace() {
    let code =
        "trait T { fn none(&self, x: [u8; 2]); }\nfn two(x: [u8; 2]) {\n}\ntype F = fn (u8);";
    assert_eq!(functions(code), [("two".to_owned(), 2, 2)]);
}
