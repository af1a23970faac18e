//! Somebody who is signed in, as their browser speaks for them.

use reqwest::{Client, Response, header, redirect::Policy};

use crate::Result;

/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Operator {
    client: Client,
    console: String,
    token: String,
}

/// A row of a list, while nobody has said anything in it yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub id: String,
    /// The number of the conversation among those that were opened.
    pub number: u64,
}

const SESSION: &str = "8f5873aa-8fee-471a-9467-";
const COOKIE: &str = "handover=";

impl Operator {
    pub async fn sign_in(console: &str, name: &str, password: &str) -> Result<Self> {
        let client = Client::builder().redirect(Policy::none()).build()?;
        let form = format!("name={name}&password={password}&to=");
        let answer = client
            .post(format!("{console}/console/sign-in"))
            .header(header::ORIGIN, console)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form)
            .send()
            .await?;
        let cookie = answer.headers().get(header::SET_COOKIE);
        let token = cookie
            .and_then(|cookie| {
                cookie
                    .to_str()
                    .ok()?
                    .strip_prefix(COOKIE)?
                    .split(';')
                    .next()
            })
            .ok_or("nobody could sign in")?;
        Ok(Self {
            client,
            console: console.to_owned(),
            token: token.to_owned(),
        })
    }

    pub fn console(&self) -> &str {
        &self.console
    }

    pub fn token(&self) -> &str {
        &self.token
    }

    pub async fn get(&self, path: &str) -> Result<Response> {
        let call = self.client.get(format!("{}{path}", self.console));
        let answer = call
            .header(header::COOKIE, format!("{COOKIE}{}", self.token))
            .send()
            .await?;
        if answer.status() != 200 {
            return Err(format!("{path}: {}", answer.status()).into());
        }
        Ok(answer)
    }

    pub async fn page(&self, path: &str) -> Result<String> {
        Ok(self.get(path).await?.text().await?)
    }

    /// The one that they have had for longest.
    pub async fn own(&self) -> Result<Row> {
        let own = rows(&self.page("/console?list=mine").await?);
        own.into_iter()
            .next()
            .ok_or_else(|| "an operator has nothing to do".into())
    }

    /// Claims so many of those who wait longest.
    pub async fn claim(&self, count: usize) -> Result<()> {
        let waiting = rows(&self.page("/console?list=waiting").await?);
        if waiting.len() < count {
            return Err("too few wait".into());
        }
        for row in waiting.iter().take(count) {
            let path = format!("/console/conversations/{}", row.id);
            let page = self.page(&path).await?;
            let handover = value(&page, r#"name="handover" value=""#);
            let form = value(&page, r#"name="form" value=""#);
            let (handover, form) = handover.zip(form).ok_or("there is nothing to claim")?;
            let answer = self
                .client
                .post(format!("{}{path}/claim", self.console))
                .header(header::COOKIE, format!("{COOKIE}{}", self.token))
                .header(header::ORIGIN, &self.console)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(format!("handover={handover}&form={form}"))
                .send()
                .await?;
            if answer.status() != 303 {
                return Err(format!("nothing was claimed: {}", answer.status()).into());
            }
        }
        Ok(())
    }
}

/// The rows of a page, from top to bottom.
pub fn rows(page: &str) -> Vec<Row> {
    let parts = page.split(r#"data-conversation=""#).skip(1);
    parts
        .filter_map(|part| {
            let (id, rest) = part.split_once('"')?;
            let row = rest.split("</a>").next()?;
            let (_, number) = row.split_once(SESSION)?;
            Some(Row {
                id: id.to_owned(),
                number: number.get(..12)?.parse().ok()?,
            })
        })
        .collect()
}

/// What stands behind this in a page, up to the next quotation mark.
pub fn value<'p>(page: &'p str, before: &str) -> Option<&'p str> {
    page.split_once(before)?.1.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_tells_whose_it_is() {
        let page = r#"<a data-conversation="c1"><bdi>8f5873aa-8fee-471a-9467-000000000012</bdi></a>
            <a data-conversation="c2"><b>Ann</b></a><p>8f5873aa-8fee-471a-9467-000000000013</p>"#;
        let row = Row {
            id: "c1".to_owned(),
            number: 12,
        };
        assert_eq!(rows(page), [row]);
    }
}
