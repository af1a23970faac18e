//! The calls that the platform makes, written ahead: a call is filled in by overwriting digits, so that making one costs
//! the generator next to nothing, whoever is measured.

use jiff::Timestamp;

use crate::{Result, target::Target};

/// Where the number of a message stands in its text, and so in what a desk is told.
pub const NUMBER: &[u8] = b"\"text\":\"n=";
const DIGITS: usize = 8;

/// Chatlayer's own sample of a user's text, as it comes over the wire.
const MESSAGES: &str = r#"{"botId":"ko3123ze","version":"LIVE","sessionId":"8f5873aa-8fee-471a-9467-0000@session","event":"messages","messages":[{"actor":"user","message":{"channelType":"web","sender":{"id":"8f5873aa-8fee-471a-9467-0000@session","botId":"ko3123ze","botType":"web","firstname":"Ann","lastname":"Example"},"timestamp":"@-----------time--------","messageType":"text","text":"n=@-number","id":"@---run/@-number"},"timestamp":"@-----------time--------"}],"timestamp":"@-----------time--------"}"#;

/// One that asks for an agent.
const OFFLOAD: &str = r#"{"botId":"ko3123ze","version":"LIVE","sessionId":"8f5873aa-8fee-471a-9467-0000@session","event":"offload","payload":{"department":"sales"},"transcript":[{"actor":"bot","message":{"text":"How can I help?"},"timestamp":"@-----------time--------"},{"actor":"user","message":{"channelType":"web","messageType":"text","text":"Let me talk to a person"},"timestamp":"@-----------time--------"}],"timestamp":"@-----------time--------"}"#;

/// A whole request with the places to fill in.
#[derive(Clone, Debug)]
pub struct Template {
    bytes: Vec<u8>,
    sessions: Vec<usize>,
    numbers: Vec<usize>,
    times: Vec<usize>,
}

impl Template {
    pub fn messages(target: &Target) -> Self {
        Self::new(target, MESSAGES)
    }

    pub fn offload(target: &Target) -> Self {
        Self::new(target, OFFLOAD)
    }

    fn new(target: &Target, body: &str) -> Self {
        // Ids of an earlier run on the same data must not be met again.
        let run = format!("{:08x}", Timestamp::now().as_second());
        let body = body.replace("@---run/", &run);
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            target.path,
            target.address,
            body.len()
        );
        let bytes = (head + &body).into_bytes();
        Self {
            sessions: places(&bytes, b"@session"),
            numbers: places(&bytes, b"@-number"),
            times: places(&bytes, b"@-----------time--------"),
            bytes,
        }
    }

    /// The request with this number, of this conversation, said now.
    pub fn fill(&mut self, number: u64, conversation: u64) -> &[u8] {
        let time = format!("{:.3}", Timestamp::now());
        put(&mut self.bytes, &self.sessions, &digits(conversation));
        put(&mut self.bytes, &self.numbers, &digits(number));
        put(&mut self.bytes, &self.times, time.as_bytes());
        &self.bytes
    }
}

/// Messages to each of these.
pub fn of_each(targets: &[Target]) -> Vec<(Target, Template)> {
    let with_template = |target: &Target| (target.clone(), Template::messages(target));
    targets.iter().map(with_template).collect()
}

/// The number of the message that a desk is told, if it is one of ours.
pub fn number(body: &[u8]) -> Option<u64> {
    let start = body.windows(NUMBER.len()).position(|part| part == NUMBER)? + NUMBER.len();
    let digits = body.get(start..start + DIGITS)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn digits(number: u64) -> [u8; DIGITS] {
    let mut rest = number;
    let mut digits = [b'0'; DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit += u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
    }
    digits
}

fn places(bytes: &[u8], mark: &[u8]) -> Vec<usize> {
    let parts = bytes.windows(mark.len()).enumerate();
    parts
        .filter(|(_, part)| *part == mark)
        .map(|(place, _)| place)
        .collect()
}

fn put(bytes: &mut [u8], places: &[usize], value: &[u8]) {
    for place in places {
        bytes[*place..*place + value.len()].copy_from_slice(value);
    }
}

/// How long the body of a message is, for the report.
pub fn size(target: &Target) -> Result<usize> {
    let bytes = Template::messages(target).bytes;
    let end = places(&bytes, b"\r\n\r\n");
    let end = end.first().ok_or("a request has a head")?;
    Ok(bytes.len() - end - 4)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn target() -> Target {
        "http://127.0.0.1:1/hooks?challenge.verifyToken=t"
            .parse()
            .unwrap()
    }

    #[test]
    fn every_message_is_another_and_nothing_is_left_unfilled() {
        let mut template = Template::messages(&target());
        let mut seen = BTreeSet::new();
        for number in 0..100 {
            let request = template.fill(number, number % 7).to_vec();
            let text = String::from_utf8(request.clone()).unwrap();
            let (_, body) = text.split_once("\r\n\r\n").unwrap();
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            assert!(!text.contains('@'), "{text}");
            assert!(seen.insert(body["messages"][0]["message"]["id"].to_string()));
            assert_eq!(super::number(&request), Some(number));
            assert!(
                body["timestamp"]
                    .as_str()
                    .unwrap()
                    .parse::<Timestamp>()
                    .is_ok()
            );
        }
    }

    #[test]
    fn an_offload_is_well_formed() {
        let mut template = Template::offload(&target());
        let request = String::from_utf8(template.fill(1, 1).to_vec()).unwrap();
        let (_, body) = request.split_once("\r\n\r\n").unwrap();
        assert!(serde_json::from_str::<serde_json::Value>(body).is_ok());
        assert!(!request.contains('@'), "{request}");
    }
}
