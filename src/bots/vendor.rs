//! What every platform's adapter does alike: what its users are shown, and how the configured steps are made. The calls
//! are the vendor's.

use std::borrow::Cow;

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::{
    failures::{of_unnamed, unshowable},
    steps::{Step, Steps, resume_context, step_context},
};
use crate::{
    domain::{
        conversation::ResumeContract,
        delivery::{BotJob, Done, Failure, Said},
        fallback::{self, Capabilities},
        message::Content,
    },
    outbound::{
        Answer, BaseUrl, Call, CallError, Outbound, request::RequestTemplate, template::Context,
    },
};

/// What sets one platform's adapter apart: its words for steps, and its calls.
#[async_trait]
pub(super) trait Vendor: Sync {
    fn setup(&self) -> Setup<'_>;

    /// What every step may speak of.
    fn context(&self, job: BotJob<'_>) -> Result<Context, Failure>;

    /// Shows the platform, and nobody else, who calls.
    fn present(&self, call: Call) -> Call;

    /// Whether the call goes to a documented address of the job's conversation: there alone does the platform say whether it
    /// knows it.
    fn names(&self, job: BotJob<'_>, call: &Call) -> Result<bool, Failure>;

    /// Tells the user these contents, each of which can be shown.
    async fn show(&self, job: BotJob<'_>, parts: &[Cow<'_, Content>]) -> Result<Done, Failure>;

    /// Has the bot go on at this place, where it finds these values.
    async fn go_to(
        &self,
        job: BotJob<'_>,
        place: &str,
        values: Map<String, Value>,
    ) -> Result<Done, Failure>;
}

/// What every adapter is made of.
pub(super) struct Setup<'v> {
    pub(super) outbound: &'v Outbound,
    pub(super) api_url: &'v BaseUrl,
    pub(super) capabilities: &'v Capabilities,
    pub(super) steps: &'v Steps,
}

pub(super) async fn say(
    vendor: &impl Vendor,
    job: BotJob<'_>,
    said: Said<'_>,
) -> Result<Done, Failure> {
    let parts = said
        .parts(vendor.setup().capabilities)
        .map_err(unshowable)?;
    vendor.show(job, &parts).await
}

/// A step that has gone from the configuration since has not silenced the bot.
pub(super) async fn pause(
    vendor: &impl Vendor,
    job: BotJob<'_>,
    index: usize,
) -> Result<Done, Failure> {
    let step = vendor.setup().steps.pause.get(index);
    let step = step.ok_or_else(Failure::unsupported)?;
    let context = step_context(vendor.context(job)?, job);
    make(vendor, job, step, &context).await
}

/// A step that has gone from the configuration since is one that the operator does not want made.
pub(super) async fn resume(
    vendor: &impl Vendor,
    job: BotJob<'_>,
    index: usize,
    contract: &ResumeContract,
) -> Result<Done, Failure> {
    let Some(step) = vendor.setup().steps.resume.get(index) else {
        return Ok(Done::without_a_call());
    };
    let context = step_context(vendor.context(job)?, job);
    let context = resume_context(context, contract);
    match &*step.for_contract(contract) {
        Step::Text(template) => {
            let text = template.render(&context).map_err(CallError::from)?;
            let text = Content::text(text);
            let parts = fallback::said(&text, None, vendor.setup().capabilities);
            vendor.show(job, &parts.map_err(unshowable)?).await
        }
        Step::DialogState { id, values } => {
            let values = values.evaluate(&context).map_err(CallError::Template)?;
            vendor.go_to(job, id, values).await
        }
        Step::Request(request) => make(vendor, job, request, &context).await,
    }
}

/// Makes a call that the operator has written down, to whatever host.
async fn make(
    vendor: &impl Vendor,
    job: BotJob<'_>,
    request: &RequestTemplate,
    context: &Context,
) -> Result<Done, Failure> {
    let call = request.call(context, |call| vendor.present(call));
    let call = call.map_err(CallError::from)?;
    let is_named = vendor.names(job, &call)?;
    let told = |answer: &Answer| Ok(request.done(answer, context));
    let Setup {
        outbound, api_url, ..
    } = vendor.setup();
    let performed = outbound.perform(call, api_url, told).await;
    performed.map_err(|failure| {
        if is_named {
            failure
        } else {
            of_unnamed(failure)
        }
    })
}
