//! JSON-RPC 2.0: reads a line into a call, writes answers and errors. Total: any
//! bytes give a call or a refusal, never a panic.

use mesh_core::api::CommandError;
use mesh_core::node::Busy;
use serde_json::{Map, Value, json};

/// Longest line in either direction, with its line break.
pub(super) const LINE_BYTES_MAX: usize = 64 * 1_024;
/// Longest text id of a call: it is repeated in the answer and must leave room.
const ID_BYTES_MAX: usize = 256;

/// One call. Without an id it is a notification and gets no answer.
#[derive(Debug, PartialEq)]
pub(super) struct Call {
    pub(super) id: Option<Value>,
    pub(super) method: String,
    pub(super) params: Map<String, Value>,
}

/// A line that is no call: what to answer, and to which id.
#[derive(Debug, PartialEq)]
pub(super) struct Refusal {
    pub(super) id: Value,
    pub(super) error: RpcError,
}

/// An error as the caller sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RpcError {
    /// JSON-RPC's own below -32600, ours from -32000 to -32012 (`docs/HEADLESS.md`).
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
            CommandError::Memory => -32_012,
            _ => -32_603,
        };
        Self::new(code, error.to_string())
    }
}

/// Reads one line.
pub(super) fn parse(line: &[u8]) -> Result<Call, Refusal> {
    let no_id = |error| Refusal {
        id: Value::Null,
        error,
    };
    let text =
        core::str::from_utf8(line).map_err(|_| no_id(RpcError::parse("The line is not UTF-8.")))?;
    let value: Value = serde_json::from_str(text)
        .map_err(|error| no_id(RpcError::parse(format!("The line is not JSON: {error}."))))?;
    match value {
        Value::Object(object) => call(object),
        Value::Array(_) => Err(no_id(RpcError::request(
            "Batches are not supported: send one call per line.",
        ))),
        _ => Err(no_id(RpcError::request("A call is a JSON object."))),
    }
}

fn call(mut object: Map<String, Value>) -> Result<Call, Refusal> {
    let id = object.remove("id");
    if !id.as_ref().is_none_or(valid_id) {
        return Err(Refusal {
            id: Value::Null,
            error: RpcError::request("An id is a number, null, or a text of at most 256 bytes."),
        });
    }
    let refuse = |error| Refusal {
        id: id.clone().unwrap_or(Value::Null),
        error,
    };
    if object.remove("jsonrpc") != Some(Value::from("2.0")) {
        return Err(refuse(RpcError::request("\"jsonrpc\" must be \"2.0\".")));
    }
    let Some(Value::String(method)) = object.remove("method") else {
        return Err(refuse(RpcError::request("\"method\" must be a text.")));
    };
    let params = match object.remove("params") {
        None => Map::new(),
        Some(Value::Object(params)) => params,
        Some(_) => {
            let error = RpcError::params("Parameters are given by name, in an object.");
            return Err(refuse(error));
        }
    };
    Ok(Call { id, method, params })
}

fn valid_id(id: &Value) -> bool {
    match id {
        Value::Null | Value::Number(_) => true,
        Value::String(text) => text.len() <= ID_BYTES_MAX,
        _ => false,
    }
}

/// The line that answers a call.
pub(super) fn answer(id: &Value, outcome: Result<Value, RpcError>) -> String {
    let line = match outcome {
        Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string(),
        Err(error) => return refuse(id, &error),
    };
    if line.len() < LINE_BYTES_MAX {
        return line;
    }
    refuse(id, &RpcError::internal("The answer is over 64 KiB."))
}

/// The line that answers a call with an error.
pub(super) fn refuse(id: &Value, error: &RpcError) -> String {
    let error = json!({"code": error.code, "message": error.message});
    json!({"jsonrpc": "2.0", "id": id, "error": error}).to_string()
}

/// The line of a notification.
pub(super) fn event(params: Value) -> String {
    json!({"jsonrpc": "2.0", "method": "event", "params": params}).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(line: &str) -> (Value, i32) {
        let refusal = parse(line.as_bytes()).unwrap_err();
        (refusal.id, refusal.error.code)
    }

    #[test]
    fn call_is_read_with_and_without_parameters_and_id() {
        let call = parse(br#"{"jsonrpc":"2.0","id":7,"method":"status"}"#).unwrap();
        assert_eq!(call.id, Some(json!(7)));
        assert!(call.params.is_empty());
        let note = parse(br#"{"jsonrpc":"2.0","method":"m","params":{"a":1}}"#).unwrap();
        assert_eq!(note.id, None);
        assert_eq!(note.params.get("a"), Some(&json!(1)));
    }

    #[test]
    fn null_id_is_an_id_and_gets_an_answer() {
        let call = parse(br#"{"jsonrpc":"2.0","id":null,"method":"m"}"#).unwrap();
        assert_eq!(call.id, Some(Value::Null));
    }

    #[test]
    fn bytes_that_are_no_json_are_parse_errors() {
        for line in ["", "{", "nonsense", "{\"a\":}", &"[".repeat(10_000)] {
            assert_eq!(refusal(line), (Value::Null, -32_700), "{line:.20}");
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
        ] {
            assert_eq!(refusal(line), (Value::Null, -32_600), "{line}");
        }
    }

    #[test]
    fn refusal_repeats_the_id_where_there_is_one() {
        assert_eq!(
            refusal(r#"{"jsonrpc":"2.0","id":"a","method":"m","params":[1]}"#),
            (json!("a"), -32_602)
        );
        assert_eq!(refusal(r#"{"id":3,"method":"m"}"#), (json!(3), -32_600));
    }

    #[test]
    fn overlong_id_is_not_repeated() {
        let line = json!({"jsonrpc": "2.0", "id": "x".repeat(257), "method": "m"}).to_string();
        assert_eq!(refusal(&line), (Value::Null, -32_600));
    }

    #[test]
    fn answer_over_the_line_limit_becomes_an_error() {
        let line = answer(&json!(1), Ok(json!("x".repeat(LINE_BYTES_MAX))));
        assert!(line.len() < LINE_BYTES_MAX);
        assert!(line.contains("-32603"));
    }

    #[test]
    fn line_breaks_in_text_do_not_break_the_line() {
        assert!(!answer(&json!(1), Ok(json!("a\nb\r\n"))).contains('\n'));
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
        ];
        let codes: Vec<i32> = errors
            .into_iter()
            .map(|error| RpcError::from(error).code)
            .collect();
        assert_eq!(codes, (-32_012..=-32_001).rev().collect::<Vec<_>>());
    }
}
