//! The dialog that sends a test message: the answer stays in it, with the way to find the message.
use leptos::prelude::*;

use crate::api::Field;
use crate::api::topics::{BODY_BYTES_MAX, KEYS_BYTES_MAX, Sent, TAG_BYTES_MAX, Topic, send_message};
use crate::components::dialog_form::DialogForm;
use crate::components::submit::{Submit, use_submit};
use crate::components::{Callout, Dialog, LongId, Stamp, TextArea, TextField, Tone};
use crate::i18n::{common as c, figures as f, messages as tm, topics as t};
use crate::pages::here::Here;
use crate::pages::named::Chosen;
use crate::settings::use_lang;

#[component]
pub(super) fn SendMessage(here: Here, chosen: Chosen<Topic>) -> impl IntoView {
    let lang = use_lang();
    let Chosen { open, of } = chosen;
    let subtitle = Signal::derive(move || {
        of.with(|of| of.as_ref().map(|of| format!("{} · {}", of.name, t::type_name(lang, of.message_type))))
    });
    view! {
        <Dialog open id="send-message" title=t::send_title(lang) subtitle>
            {move || of.get().map(|topic| view! { <Form topic here open/> })}
        </Dialog>
    }
    .into_any()
}

/// What is typed.
#[derive(Clone, Copy)]
struct Draft {
    body: RwSignal<String>,
    tag: RwSignal<String>,
    key: RwSignal<String>,
}

#[component]
fn Form(topic: Topic, here: Here, open: RwSignal<bool>) -> impl IntoView {
    let lang = use_lang();
    let submit = use_submit();
    let empty = || RwSignal::new(String::new());
    let draft = Draft { body: empty(), tag: empty(), key: empty() };
    let sent = RwSignal::new(None::<Sent>);
    let send = move |()| {
        if draft.body.with_untracked(String::len) > BODY_BYTES_MAX {
            return;
        }
        sent.set(None);
        let call = send_message(
            here.id_now(),
            topic.name.clone(),
            draft.body.get_untracked(),
            draft.tag.get_untracked().trim().to_owned(),
            draft.key.get_untracked().trim().to_owned(),
        );
        submit.run(call, move |receipt| drop(sent.try_set(Some(receipt))));
    };
    let is_sent = Memo::new(move |_| sent.with(Option::is_some));
    let verb = Signal::derive(move || if is_sent.get() { t::send_again(lang) } else { c::ok(lang) });
    let cancel = Signal::derive(move || if is_sent.get() { c::close(lang) } else { c::cancel(lang) });
    view! {
        <DialogForm open submit on_submit=Callback::new(send) verb doing=t::sending(lang) cancel>
            <div role="status">{move || sent.get().map(|sent| view! { <Receipt sent here/> })}</div>
            <Fields draft submit/>
        </DialogForm>
    }
    .into_any()
}

#[component]
fn Fields(draft: Draft, submit: Submit) -> impl IntoView {
    let lang = use_lang();
    let size = Memo::new(move |_| draft.body.with(String::len));
    let refused = submit.at(Field::Body);
    let body_error = Signal::derive(move || {
        let size = size.get();
        if size > BODY_BYTES_MAX {
            let (size, max) = size_and_limit(size);
            return Some(t::body_too_large(lang, size, max));
        }
        refused.get()
    });
    view! {
        <TextArea
            id="send-body"
            name="body"
            label=t::body(lang)
            value=draft.body
            error=body_error
            count=Signal::derive(move || {
                let (size, max) = size_and_limit(size.get());
                t::body_count(lang, size, max)
            })
            hint=t::body_hint(lang)
            rows=5
            mono=true
            autofocus=true
        />
        <div class="cols cols-form">
            <TextField
                id="send-tag"
                name="tag"
                label=t::tag(lang)
                value=draft.tag
                error=submit.at(Field::Tag)
                max_bytes=TAG_BYTES_MAX
                hint=t::tag_hint(lang)
                optional=true
            />
            <TextField
                id="send-key"
                name="key"
                label=t::key(lang)
                value=draft.key
                error=submit.at(Field::Key)
                max_bytes=KEYS_BYTES_MAX
                hint=t::key_hint(lang)
                optional=true
            />
        </div>
    }
    .into_any()
}

fn size_and_limit(size: usize) -> (String, String) {
    let wide = |n| u64::try_from(n).unwrap_or(u64::MAX);
    f::bytes_and_limit(wide(size), wide(BODY_BYTES_MAX))
}

#[component]
fn Receipt(sent: Sent, here: Here) -> impl IntoView {
    let lang = use_lang();
    let query = here.messages_by_id(Some(&sent.message_id));
    view! {
        <Callout tone=Tone::Ok title=t::sent(lang)>
            <div>{t::message_id_colon(lang)} <LongId value=sent.message_id/></div>
            <div class="row">
                <a class="link" href=query>
                    {t::query_this(lang)}
                </a>
                <span class="muted num">
                    {tm::stored_at(lang)} " " <Stamp at=sent.stored_at_ms ms=true/> " · "
                    {t::stored_took(lang, sent.took_ms)}
                </span>
            </div>
        </Callout>
    }
    .into_any()
}
