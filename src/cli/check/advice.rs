//! What to look at when somebody does not answer.

use crate::{
    app::Probed,
    outbound::{CallError, Refusal},
};

/// One sentence or two, which name the keys to look at.
pub(super) fn on(error: &CallError, probed: &Probed) -> String {
    let Probed {
        address_key: address,
        ..
    } = probed;
    match error {
        CallError::Lookup { .. } => {
            format!("Look for a slip in {address}, and at the name server of this machine.")
        }
        CallError::Connect { .. } => format!(
            "Nobody takes connections there: is it running, is the port in {address} right, does a firewall stand \
             between? Where only a proxy leads out, set HTTPS_PROXY."
        ),
        CallError::Certificate { .. } => format!(
            "Has it expired, or is it for another name than the one in {address}? If it is signed by an authority of \
             your own, name that in SSL_CERT_FILE."
        ),
        CallError::OutdatedTls { .. } => {
            "The bridge speaks TLS 1.2 and 1.3. The server, or what stands before it, has to be brought up to date."
                .to_owned()
        }
        CallError::NoRoots { .. } => {
            "Install the package ca-certificates, or name a file of them in SSL_CERT_FILE.".to_owned()
        }
        CallError::AddressRefused { .. } => format!(
            "The address in {address} is not public. If it is meant, list its range in outbound.allow_networks."
        ),
        CallError::TimedOut { .. } => {
            "It took the connection and then said nothing. Is it overloaded, or does a firewall drop the answers?"
                .to_owned()
        }
        CallError::Broken { .. } => format!(
            "It hung up. Does something else listen there, or does {address} say http where https is wanted, or the \
             other way round?"
        ),
        CallError::Refused(refusal) => on_refusal(refusal, probed),
        CallError::Unreadable { .. } => {
            format!("Something answers that is not the API, perhaps a web page. Look at {address}.")
        }
        CallError::Unsendable { .. } | CallError::Url(_) | CallError::Template(_) => format!(
            "The call cannot be made as it is configured: look at {address} and {}.",
            probed.secret_key
        ),
    }
}

fn on_refusal(refusal: &Refusal, probed: &Probed) -> String {
    let Probed {
        address_key: address,
        secret_key: secret,
        ..
    } = probed;
    match refusal.status.as_u16() {
        401 | 403 => format!(
            "It does not take {secret}: has it been replaced, has it expired, is it of another account or region?"
        ),
        404 | 405 | 410 => format!("It knows nothing under this path: look at {address}."),
        300..=399 => format!(
            "It points to another address, and that is never followed. Write the final one into {address}."
        ),
        429 => "It is called too often. Try again in a while.".to_owned(),
        500..=599 => {
            "It is there and not well. Try again in a while, or look at its own log.".to_owned()
        }
        _ => format!("It does not take the call. Is {address} the address of the API?"),
    }
}
