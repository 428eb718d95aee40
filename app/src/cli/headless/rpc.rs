//! JSON-RPC 2.0: reads a line into a call, writes answers and errors. Total: any
//! bytes give a call or a refusal, never a panic.

use core::fmt;

use mesh_core::api::CommandError;
use mesh_core::node::Busy;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// Longest line in either direction, with its line break.
pub(super) const LINE_BYTES_MAX: usize = 64 * 1_024;
/// Longest text or number id of a call: it is repeated in the answer and must leave
/// room.
const ID_BYTES_MAX: usize = 256;
/// The same as JSON, where a byte takes up to six.
const ID_JSON_BYTES_MAX: usize = 6 * ID_BYTES_MAX + 2;

/// The id of a call, exactly as the caller wrote it: read as a number and written
/// again, one of more than 64 bits would come back as another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Id(String);

/// One call. Without an id it is a notification and gets no answer.
#[derive(Debug, PartialEq)]
pub(super) struct Call {
    pub(super) id: Option<Id>,
    pub(super) method: String,
    pub(super) params: Map<String, Value>,
}

/// A line that is no call: what to answer, and to which id.
#[derive(Debug, PartialEq)]
pub(super) struct Refusal {
    pub(super) id: Id,
    pub(super) error: RpcError,
}

/// What is read of a call; anything else in it is ignored.
#[derive(Deserialize)]
struct Shape<'a> {
    #[serde(borrow, default, deserialize_with = "as_written")]
    id: Option<&'a RawValue>,
    #[serde(default)]
    jsonrpc: Value,
    #[serde(default)]
    method: Value,
    #[serde(default, deserialize_with = "present")]
    params: Option<Value>,
}

/// Keeps `null` apart from nothing.
fn as_written<'a, D: Deserializer<'a>>(value: D) -> Result<Option<&'a RawValue>, D::Error> {
    Deserialize::deserialize(value).map(Some)
}

/// Keeps `null` apart from nothing.
fn present<'a, D: Deserializer<'a>>(value: D) -> Result<Option<Value>, D::Error> {
    Deserialize::deserialize(value).map(Some)
}

impl Id {
    /// Of a line whose id is not known.
    pub(super) fn null() -> Self {
        Self("null".into())
    }

    /// A number, `null`, or a text of at most 256 bytes.
    fn read(written: &RawValue) -> Option<Self> {
        let json = written.get();
        let is_id = match json.as_bytes() {
            [b'n', ..] => true,
            [b'"', ..] if json.len() <= ID_JSON_BYTES_MAX => {
                serde_json::from_str::<String>(json).is_ok_and(|text| text.len() <= ID_BYTES_MAX)
            }
            [b'-' | b'0'..=b'9', ..] => json.len() <= ID_BYTES_MAX,
            _ => false,
        };
        is_id.then(|| Self(json.to_owned()))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An error as the caller sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RpcError {
    /// JSON-RPC's own below -32600, ours from -32000 to -32047 (`docs/HEADLESS.md`).
    pub(super) code: i32,
    /// One plain sentence.
    pub(super) message: String,
}

impl RpcError {
    pub(super) fn parse(message: impl Into<String>) -> Self {
        Self::new(-32_700, message)
    }

    pub(super) fn request(message: impl Into<String>) -> Self {
        Self::new(-32_600, message)
    }

    pub(super) fn method(method: &str) -> Self {
        let shown: String = method.chars().take(64).collect();
        Self::new(-32_601, format!("There is no method \"{shown}\"."))
    }

    pub(super) fn params(message: impl Into<String>) -> Self {
        Self::new(-32_602, message)
    }

    pub(super) fn internal(message: impl Into<String>) -> Self {
        Self::new(-32_603, message)
    }

    /// The program ends before the node has answered.
    pub(super) fn ending() -> Self {
        Self::new(
            -32_000,
            "The program ends and had no time left for this: look after the next start \
             whether it was done.",
        )
    }

    fn new(code: i32, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

impl From<Busy> for RpcError {
    fn from(busy: Busy) -> Self {
        Self::new(-32_000, busy.to_string())
    }
}

impl From<CommandError> for RpcError {
    fn from(error: CommandError) -> Self {
        let code = match error {
            CommandError::UnknownConversation => -32_001,
            CommandError::UnknownMessage => -32_002,
            CommandError::TextEmpty => -32_003,
            CommandError::TextTooLong { .. } => -32_004,
            CommandError::ChannelName { .. } => -32_005,
            CommandError::Phrase => -32_006,
            CommandError::ConversationsFull { .. } => -32_007,
            CommandError::Address(_) => -32_008,
            CommandError::NoCarrier => -32_009,
            CommandError::NoIdentity => -32_010,
            CommandError::Store(_) => -32_011,
            CommandError::Busy => -32_000,
            CommandError::Memory => -32_012,
            CommandError::SosTooLong { .. } => -32_013,
            CommandError::SosLifetime { .. } => -32_014,
            CommandError::SosToPerson => -32_015,
            CommandError::CardLink => -32_016,
            CommandError::CardIsOwn => -32_017,
            CommandError::UnknownContact => -32_018,
            CommandError::UnknownRequest => -32_019,
            CommandError::ContactsFull { .. } => -32_020,
            CommandError::Name { .. } => -32_021,
            CommandError::Petname { .. } => -32_022,
            CommandError::EmojiNotYet => -32_023,
            CommandError::EmojiDiffer => -32_024,
            CommandError::Blocked => -32_025,
            CommandError::NotYours => -32_026,
            CommandError::NotInChannel => -32_027,
            CommandError::Emoji => -32_028,
            CommandError::Timer { .. } => -32_029,
            CommandError::UnknownGroup => -32_030,
            CommandError::UnknownMember => -32_031,
            CommandError::AlreadyMember => -32_032,
            CommandError::NotAllowed => -32_033,
            CommandError::NeedsAnother => -32_034,
            CommandError::GroupFull { .. } => -32_035,
            CommandError::GroupsFull { .. } => -32_036,
            CommandError::NotMember => -32_037,
            CommandError::GroupName { .. } => -32_038,
            CommandError::ReturnCode => -32_039,
            CommandError::IntroducedToSelf => -32_040,
            CommandError::NotConnected => -32_041,
            CommandError::UnknownIntroduction => -32_042,
            CommandError::Locked => -32_043,
            CommandError::WrongPassphrase => -32_044,
            CommandError::PassphraseEmpty => -32_045,
            CommandError::PassphraseTaken => -32_046,
            CommandError::Profile(_) => -32_047,
            _ => -32_603,
        };
        Self::new(code, error.to_string())
    }
}

/// Reads one line.
pub(super) fn parse(line: &[u8]) -> Result<Call, Refusal> {
    let no_id = |error| Refusal {
        id: Id::null(),
        error,
    };
    let text =
        core::str::from_utf8(line).map_err(|_| no_id(RpcError::parse("The line is not UTF-8.")))?;
    let no_json = |error| no_id(RpcError::parse(format!("The line is not JSON: {error}.")));
    let json: &RawValue = serde_json::from_str(text).map_err(no_json)?;
    match json.get().as_bytes() {
        [b'{', ..] => {}
        [b'[', ..] => {
            let words = "Batches are not supported: send one call per line.";
            return Err(no_id(RpcError::request(words)));
        }
        _ => return Err(no_id(RpcError::request("A call is a JSON object."))),
    }
    let shape: Shape<'_> = serde_json::from_str(text).map_err(|error| {
        if error.is_data() {
            no_id(RpcError::request(format!("That is no call: {error}.")))
        } else {
            no_json(error)
        }
    })?;
    call(shape)
}

fn call(shape: Shape<'_>) -> Result<Call, Refusal> {
    let id = match shape.id.map(Id::read) {
        None => None,
        Some(Some(id)) => Some(id),
        Some(None) => {
            return Err(Refusal {
                id: Id::null(),
                error: RpcError::request(
                    "An id is a number, null, or a text, of at most 256 bytes.",
                ),
            });
        }
    };
    let refuse = |error| Refusal {
        id: id.clone().unwrap_or_else(Id::null),
        error,
    };
    if shape.jsonrpc != "2.0" {
        return Err(refuse(RpcError::request("\"jsonrpc\" must be \"2.0\".")));
    }
    let Value::String(method) = shape.method else {
        return Err(refuse(RpcError::request("\"method\" must be a text.")));
    };
    let params = match shape.params {
        None => Map::new(),
        Some(Value::Object(params)) => params,
        Some(_) => {
            let error = RpcError::params("Parameters are given by name, in an object.");
            return Err(refuse(error));
        }
    };
    Ok(Call { id, method, params })
}

/// The line that answers a call.
pub(super) fn answer(id: &Id, outcome: Result<Value, RpcError>) -> String {
    let line = match outcome {
        Ok(result) => line(id, "result", &result),
        Err(error) => return refuse(id, &error),
    };
    if line.len() < LINE_BYTES_MAX {
        return line;
    }
    refuse(id, &RpcError::internal("The answer is over 64 KiB."))
}

/// The line that answers a call with an error.
pub(super) fn refuse(id: &Id, error: &RpcError) -> String {
    let error = json!({"code": error.code, "message": error.message});
    line(id, "error", &error)
}

fn line(id: &Id, name: &str, value: &Value) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"{name}":{value}}}"#)
}

/// The line of a notification.
pub(super) fn event(params: Value) -> String {
    json!({"jsonrpc": "2.0", "method": "event", "params": params}).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(json: &str) -> Id {
        Id(json.to_owned())
    }

    /// The id that is repeated, and the code.
    fn refusal(line: &str) -> (Id, i32) {
        let refusal = parse(line.as_bytes()).unwrap_err();
        (refusal.id, refusal.error.code)
    }

    #[test]
    fn call_is_read_with_and_without_parameters_and_id() {
        let call = parse(br#"{"jsonrpc":"2.0","id":7,"method":"status"}"#).unwrap();
        assert_eq!(call.id, Some(id("7")));
        assert!(call.params.is_empty());
        let note = parse(br#"{"jsonrpc":"2.0","method":"m","params":{"a":1}}"#).unwrap();
        assert_eq!(note.id, None);
        assert_eq!(note.params.get("a"), Some(&json!(1)));
    }

    #[test]
    fn null_id_is_an_id_and_gets_an_answer() {
        let call = parse(br#"{"jsonrpc":"2.0","id":null,"method":"m"}"#).unwrap();
        assert_eq!(call.id, Some(Id::null()));
    }

    #[test]
    fn bytes_that_are_no_json_are_parse_errors() {
        for line in ["", "{", "nonsense", "{\"a\":}", &"[".repeat(10_000)] {
            assert_eq!(refusal(line), (Id::null(), -32_700), "{line:.20}");
        }
        assert_eq!(parse(&[0xff, 0x00]).unwrap_err().error.code, -32_700);
    }

    #[test]
    fn json_that_is_no_call_is_an_invalid_request() {
        for line in [
            "1",
            "null",
            "{}",
            "[]",
            r#"[{"jsonrpc":"2.0","id":1,"method":"status"}]"#,
            r#"{"jsonrpc":"1.0","method":"status"}"#,
            r#"{"jsonrpc":"2.0","method":1}"#,
            r#"{"jsonrpc":"2.0","id":{},"method":"status"}"#,
            r#"{"jsonrpc":"2.0","id":true,"method":"status"}"#,
            r#"{"jsonrpc":"2.0","id":"\ud800","method":"status"}"#,
            r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"status"}"#,
        ] {
            assert_eq!(refusal(line), (Id::null(), -32_600), "{line}");
        }
    }

    #[test]
    fn refusal_repeats_the_id_where_there_is_one() {
        assert_eq!(
            refusal(r#"{"jsonrpc":"2.0","id":"a","method":"m","params":[1]}"#),
            (id("\"a\""), -32_602)
        );
        assert_eq!(refusal(r#"{"id":3,"method":"m"}"#), (id("3"), -32_600));
    }

    /// As numbers they came back as 1.2345678901234568e22 and 1.5.
    #[test]
    fn id_is_repeated_exactly_as_it_was_written() {
        let text = json!("\u{1}\"\\").to_string();
        for written in [
            "12345678901234567890123",
            "-9223372036854775809",
            "1.50",
            "1e400",
            "0",
            "null",
            r#""\u0041é""#,
            &text,
        ] {
            let line = format!(r#"{{"jsonrpc": "2.0", "id" : {written} , "method": "m"}}"#);
            let call = parse(line.as_bytes()).unwrap();
            let answered = answer(&call.id.unwrap(), Ok(json!({})));
            assert_eq!(
                answered,
                format!(r#"{{"jsonrpc":"2.0","id":{written},"result":{{}}}}"#)
            );
        }
    }

    #[test]
    fn longest_id_leaves_room_for_the_longest_page() {
        let text = json!("\u{1}".repeat(ID_BYTES_MAX)).to_string();
        assert_eq!(text.len(), ID_JSON_BYTES_MAX);
        let line = format!(r#"{{"jsonrpc":"2.0","id":{text},"method":"m"}}"#);
        let call = parse(line.as_bytes()).unwrap();
        assert_eq!(call.id, Some(id(&text)));
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_call_or_a_refusal_that_can_be_answered(
            line in prop::collection::vec(any::<u8>(), 0..400)
        ) {
            answerable(&line);
        }

        /// Most of them are JSON, or nearly.
        #[test]
        fn anything_like_a_call_gives_a_call_or_a_refusal_that_can_be_answered(
            line in "[{\\[]?(\"(jsonrpc|id|method|params|\\\\u[0-9d]{4})\"[:,]?|\"2.0\"|null|-?[0-9]{1,30}|[\\[\\]{}:,. ])*"
        ) {
            answerable(line.as_bytes());
        }
    }

    /// Whatever comes of a line, its answer is one line of JSON with that id.
    fn answerable(line: &[u8]) {
        let answered = match parse(line) {
            Ok(Call { id: None, .. }) => return,
            Ok(Call { id: Some(id), .. }) => answer(&id, Ok(json!({}))),
            Err(refusal) => refuse(&refusal.id, &refusal.error),
        };
        assert!(answered.len() < LINE_BYTES_MAX && !answered.contains('\n'));
        let value: Value = serde_json::from_str(&answered).unwrap();
        assert_eq!(value["jsonrpc"], "2.0");
        assert!(value["result"].is_object() != value["error"].is_object());
    }

    #[test]
    fn overlong_id_is_not_repeated() {
        for overlong in [json!("x".repeat(257)).to_string(), "1".repeat(257)] {
            let line = format!(r#"{{"jsonrpc":"2.0","id":{overlong},"method":"m"}}"#);
            assert_eq!(refusal(&line), (Id::null(), -32_600));
        }
    }

    #[test]
    fn answer_over_the_line_limit_becomes_an_error() {
        let line = answer(&id("1"), Ok(json!("x".repeat(LINE_BYTES_MAX))));
        assert!(line.len() < LINE_BYTES_MAX);
        assert!(line.contains("-32603"));
    }

    #[test]
    fn line_breaks_in_text_do_not_break_the_line() {
        assert!(!answer(&id("1"), Ok(json!("a\nb\r\n"))).contains('\n'));
    }

    #[test]
    fn every_refused_command_has_a_code_of_its_own() {
        let errors = [
            CommandError::UnknownConversation,
            CommandError::UnknownMessage,
            CommandError::TextEmpty,
            CommandError::TextTooLong { bytes: 2, max: 1 },
            CommandError::ChannelName { max: 1 },
            CommandError::Phrase,
            CommandError::ConversationsFull { max: 1 },
            CommandError::Address(mesh_core::api::AddressError::PortZero),
            CommandError::NoCarrier,
            CommandError::NoIdentity,
            CommandError::Store("full".into()),
            CommandError::Memory,
            CommandError::SosTooLong { bytes: 2, max: 1 },
            CommandError::SosLifetime { hours: 6 },
            CommandError::SosToPerson,
            CommandError::CardLink,
            CommandError::CardIsOwn,
            CommandError::UnknownContact,
            CommandError::UnknownRequest,
            CommandError::ContactsFull { max: 1 },
            CommandError::Name { max: 1 },
            CommandError::Petname { max: 1 },
            CommandError::EmojiNotYet,
            CommandError::EmojiDiffer,
            CommandError::Blocked,
            CommandError::NotYours,
            CommandError::NotInChannel,
            CommandError::Emoji,
            CommandError::Timer { days: 1 },
            CommandError::UnknownGroup,
            CommandError::UnknownMember,
            CommandError::AlreadyMember,
            CommandError::NotAllowed,
            CommandError::NeedsAnother,
            CommandError::GroupFull { max: 1 },
            CommandError::GroupsFull { max: 1 },
            CommandError::NotMember,
            CommandError::GroupName { max: 1 },
            CommandError::ReturnCode,
            CommandError::IntroducedToSelf,
            CommandError::NotConnected,
            CommandError::UnknownIntroduction,
            CommandError::Locked,
            CommandError::WrongPassphrase,
            CommandError::PassphraseEmpty,
            CommandError::PassphraseTaken,
            CommandError::Profile("gone".into()),
        ];
        let codes: Vec<i32> = errors
            .into_iter()
            .map(|error| RpcError::from(error).code)
            .collect();
        assert_eq!(codes, (-32_047..=-32_001).rev().collect::<Vec<_>>());
    }
}
