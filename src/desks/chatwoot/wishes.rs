//! What a route asks of Chatwoot for the conversations that it opens, by its `options`. What cannot be one is left out, and
//! `handover check` has said so.

use serde_json::{Map, Value};

const PRIORITIES: [&str; 4] = ["urgent", "high", "medium", "low"];

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Wishes<'a> {
    pub(super) team_id: Option<u64>,
    pub(super) assignee_id: Option<u64>,
    pub(super) priority: Option<&'a str>,
    pub(super) labels: Vec<&'a str>,
}

impl<'a> Wishes<'a> {
    pub(super) fn of(options: &'a Map<String, Value>) -> Self {
        let id = |name: &str| options.get(name).and_then(Value::as_u64);
        let priority = options.get("priority").and_then(Value::as_str);
        Self {
            team_id: id("team_id").or(id("team")),
            assignee_id: id("assignee_id"),
            priority: priority.filter(|priority| PRIORITIES.contains(priority)),
            labels: options.get("labels").map(labels).unwrap_or_default(),
        }
    }
}

/// One, or a list of them.
fn labels(value: &Value) -> Vec<&str> {
    let one = std::slice::from_ref(value);
    let labels = value.as_array().map_or(one, Vec::as_slice);
    let texts = labels.iter().filter_map(Value::as_str);
    texts.filter(|label| !label.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_is_read_by_its_name_and_what_is_none_is_left_out() {
        let options = json!({
            "team": 3, "assignee_id": 4, "priority": "high", "labels": ["vip", "returns"],
        });
        let expected = Wishes {
            team_id: Some(3),
            assignee_id: Some(4),
            priority: Some("high"),
            labels: vec!["vip", "returns"],
        };
        assert_eq!(Wishes::of(options.as_object().unwrap()), expected);

        let options = json!({
            "team": "sales", "assignee_id": -1, "priority": "highest", "labels": [7, ""], "group": 5,
        });
        assert_eq!(Wishes::of(options.as_object().unwrap()), Wishes::default());

        let options = json!({"team_id": 3, "team": 5, "labels": "vip"});
        let wishes = Wishes::of(options.as_object().unwrap());
        assert_eq!((wishes.team_id, wishes.labels), (Some(3), vec!["vip"]));
    }
}
