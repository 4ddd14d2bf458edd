//! What the person at the editor has set under `pylintdock.`.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tower_lsp_server::ls_types::MessageType;

/// How much is told in the client's log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogLevel {
    Off,
    Error,
    #[default]
    Warning,
    Info,
    Debug,
}

impl LogLevel {
    /// Whether a message of this kind is told.
    pub(crate) fn tells(self, kind: MessageType) -> bool {
        let rank = match kind {
            MessageType::ERROR => LogLevel::Error,
            MessageType::WARNING => LogLevel::Warning,
            MessageType::INFO => LogLevel::Info,
            _ => LogLevel::Debug,
        };
        rank as u8 <= self as u8
    }
}

/// The settings, with their names as the client writes them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Preferences {
    /// Whether anything is reported.
    pub(crate) enable: bool,
    /// A configuration file instead of those beside the Dockerfiles.
    pub(crate) configuration: Option<String>,
    /// Rules that run instead of those that the configuration chooses.
    pub(crate) select: Vec<String>,
    /// Rules that do not run.
    pub(crate) ignore: Vec<String>,
    /// Whether sizes and images are shown at the ends of lines.
    pub(crate) inlay_hints: bool,
    /// Whether Dockerfiles that are not open are reported on as well, to a client that asks for the whole workspace.
    pub(crate) workspace_diagnostics: bool,
    /// How much is told in the log.
    pub(crate) log_level: LogLevel,
}

impl Default for Preferences {
    fn default() -> Preferences {
        Preferences {
            enable: true,
            configuration: None,
            select: Vec::new(),
            ignore: Vec::new(),
            inlay_hints: true,
            workspace_diagnostics: false,
            log_level: LogLevel::default(),
        }
    }
}

/// Reads settings: bare, or below `pylintdock` or `settings`, as different clients send them. Null means the defaults;
/// keys that are not ours are somebody else's.
///
/// # Errors
/// A value of the wrong kind, as a sentence.
pub(crate) fn read(value: &Value) -> Result<Preferences, String> {
    let mut value = value;
    while let Some(inner) = value.get("settings").or_else(|| value.get("pylintdock")) {
        value = inner;
    }
    if value.is_null() {
        return Ok(Preferences::default());
    }
    Preferences::deserialize(value)
        .map_err(|it| format!("cannot use the settings `pylintdock`: {it}; the defaults hold"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_come_in_several_wrappings() {
        let expected =
            Preferences { select: vec!["pip-cache-kept".to_owned()], ..Preferences::default() };
        let bare = json!({"select": ["pip-cache-kept"], "editor": 1});
        for value in
            [bare.clone(), json!({"pylintdock": bare}), json!({"settings": {"pylintdock": bare}})]
        {
            assert_eq!(read(&value), Ok(expected.clone()), "{value}");
        }
        assert_eq!(read(&Value::Null), Ok(Preferences::default()));
        assert_eq!(read(&json!({"python": {}})), Ok(Preferences::default()));
        assert_eq!(
            read(&json!({"enable": 3})).unwrap_err(),
            "cannot use the settings `pylintdock`: invalid type: integer `3`, expected a boolean; the defaults hold"
        );
    }

    #[test]
    fn levels_include_the_graver_ones() {
        assert!(LogLevel::Warning.tells(MessageType::ERROR));
        assert!(!LogLevel::Warning.tells(MessageType::INFO));
        assert!(!LogLevel::Off.tells(MessageType::ERROR));
        assert!(LogLevel::Debug.tells(MessageType::LOG));
    }
}
