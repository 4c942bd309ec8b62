//! The card of a message body, with its tabs.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use leptos::prelude::*;

use super::body::{View, base64_view, hex_view, json_view, text_view};
use super::detect::{Body, Form, Packed, Text, detect, is_json};
use crate::api::messages::{BodyForm, Message};
use crate::components::{CopyButton, Icon};
use crate::i18n::{Lang, figures as f, messages as t};
use crate::paths;
use crate::settings::use_lang;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tab {
    Auto,
    Text,
    Json,
    Hex,
    Base64,
}

impl Tab {
    const ALL: [Tab; 5] = [Tab::Auto, Tab::Text, Tab::Json, Tab::Hex, Tab::Base64];

    fn name(self, lang: Lang) -> &'static str {
        match self {
            Tab::Auto => t::auto(lang),
            Tab::Text => t::text(lang),
            Tab::Json => t::json(lang),
            Tab::Hex => t::hex(lang),
            Tab::Base64 => t::base64(lang),
        }
    }
}

/// What came of the body.
struct Loaded {
    bytes: Vec<u8>,
    base64: String,
    body: Body,
    /// `bytes` are all there is.
    whole: bool,
}

/// Bytes per line of the hexadecimal view.
const HEX_WIDTH: usize = 16;

#[component]
pub(super) fn BodyCard(message: Message) -> impl IntoView {
    let lang = use_lang();
    let stored = u64::from(message.row.body_bytes);
    let (size, complete, note) = match message.body_form {
        BodyForm::Stored => (stored, true, None),
        BodyForm::Inflated { bytes, whole } => (u64::from(bytes), whole, Some(t::inflated(lang, f::bytes(stored)))),
        BodyForm::NotInflatable => (stored, true, Some(t::not_inflated(lang).to_owned())),
    };
    let mut bytes = STANDARD.decode(&message.body_base64).unwrap_or_default();
    let whole = complete && u64::from(message.body_shown_bytes) >= size;
    if !whole {
        drop_partial_character(&mut bytes);
    }
    let body = detect(&bytes);
    let summary = format!("{} · {} · CRC {:08X}", f::bytes(size), what(lang, &body), message.body_crc);
    let exact = match &body {
        Body::Text(text) if whole && size > 0 => Some(text.text.clone()),
        _ => None,
    };
    let packed = match &body {
        Body::Binary { packed: Some(packed), .. } => Some(packed_note(lang, *packed)),
        _ => None,
    };
    let loaded = StoredValue::new(Loaded { bytes, base64: message.body_base64, body, whole });
    let tab = RwSignal::new(Tab::Auto);
    let href = paths::message_body(&message.instance, &message.row.offset_id);
    let shown_of = (!whole).then(|| t::shown_of(lang, f::bytes(message.body_shown_bytes.into()), f::bytes(size)));
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t::body(lang)}</h2>
                <span class="hint num">{summary}</span>
                {exact.map(|text| view! { <CopyButton text of=t::body(lang) quiet=true/> })}
                <a class="btn btn-quiet btn-sm" href=href rel="external" download="">
                    <Icon name="download"/>
                    {t::download_body(lang)}
                </a>
            </div>
            {note.map(|note| view! { <div class="barline">{note}</div> })}
            {packed.map(|note| view! { <div class="barline">{note}</div> })}
            {shown_of.map(|text| view! { <div class="barline">{text}</div> })}
            <div class="tabs tabs-in" role="tablist">
                {Tab::ALL
                    .into_iter()
                    .map(|of| {
                        view! {
                            <button
                                class="tab"
                                type="button"
                                role="tab"
                                aria-controls="message-body"
                                aria-selected=move || if tab.get() == of { "true" } else { "false" }
                                on:click=move |_| tab.set(of)
                            >
                                {of.name(lang)}
                            </button>
                        }
                    })
                    .collect_view()}
            </div>
            <div class="code code-flat" id="message-body" role="tabpanel">
                {move || loaded.with_value(|loaded| draw(lang, loaded, tab.get()))}
            </div>
            <div class="card-foot">{t::read_audited(lang)}</div>
        </section>
    }
    .into_any()
}

/// A cut after the n-th byte may fall into a character, which would make text look binary.
fn drop_partial_character(bytes: &mut Vec<u8>) {
    if let Err(error) = std::str::from_utf8(bytes)
        && error.error_len().is_none()
    {
        bytes.truncate(error.valid_up_to());
    }
}

fn draw(lang: Lang, body: &Loaded, tab: Tab) -> AnyView {
    if body.bytes.is_empty() {
        return note(t::empty_body(lang).to_owned());
    }
    match (tab, &body.body) {
        (Tab::Hex, _) | (Tab::Auto, Body::Binary { .. }) => {
            code(lang, "hex", hex_view(&body.bytes, HEX_WIDTH), body.bytes.len())
        }
        (Tab::Base64, _) => code(lang, "", base64_view(&body.base64), body.bytes.len()),
        (Tab::Auto, Body::Text(Text { text, form: Form::Json, .. })) => code(lang, "", json_view(text), text.len()),
        (Tab::Json, Body::Text(Text { text, .. })) => {
            if is_json(text) {
                code(lang, "", json_view(text), text.len())
            } else if body.whole {
                note(t::not_json(lang).to_owned())
            } else {
                note(t::json_cut(lang).to_owned())
            }
        }
        (Tab::Auto | Tab::Text, Body::Text(Text { text, .. })) => code(lang, "", text_view(text), text.len()),
        (Tab::Json | Tab::Text, Body::Binary { valid_up_to, .. }) => not_text(lang, body, tab, *valid_up_to),
    }
}

/// Form and charset, in a word or two.
fn what(lang: Lang, body: &Body) -> String {
    match body {
        Body::Text(Text { form: Form::Json, charset, .. }) => format!("JSON · {charset}"),
        Body::Text(Text { form: Form::Xml, charset, .. }) => format!("XML · {charset}"),
        Body::Text(Text { form: Form::Plain, charset, .. }) => (*charset).to_owned(),
        Body::Binary { .. } => t::charset_binary(lang).to_owned(),
    }
}

fn packed_note(lang: Lang, packed: Packed) -> String {
    let name = match packed {
        Packed::Gzip => "gzip",
        Packed::Zlib => "zlib",
    };
    t::packed(lang, name)
}

/// Says why there is no text; what its reader knows to be GB18030 can be read as that.
fn not_text(lang: Lang, body: &Loaded, tab: Tab, valid_up_to: usize) -> AnyView {
    let why = t::not_text(lang, f::grouped(u64::try_from(valid_up_to).unwrap_or(u64::MAX)));
    if tab == Tab::Json {
        return note(why);
    }
    let bytes = StoredValue::new(body.bytes.clone());
    let read = RwSignal::new(None::<Option<String>>);
    let shown = move || match read.get() {
        None => view! {
            <div class="empty">
                <p>{why.clone()}</p>
                <button
                    class="btn btn-sm"
                    type="button"
                    on:click=move |_| read.set(Some(bytes.with_value(|bytes| gb18030(bytes))))
                >
                    {t::as_gb18030(lang)}
                </button>
            </div>
        }
        .into_any(),
        Some(Some(text)) => code(lang, "", text_view(&text), text.len()),
        Some(None) => note(t::not_gb18030(lang).to_owned()),
    };
    shown.into_any()
}

/// By the browser's own table. `None`: some bytes are no GB18030.
fn gb18030(bytes: &[u8]) -> Option<String> {
    use wasm_bindgen::{JsCast, JsValue};
    let class: js_sys::Function =
        js_sys::Reflect::get(&js_sys::global(), &"TextDecoder".into()).ok()?.dyn_into().ok()?;
    let options = js_sys::Object::new();
    js_sys::Reflect::set(&options, &"fatal".into(), &JsValue::TRUE).ok()?;
    let decoder = js_sys::Reflect::construct(&class, &js_sys::Array::of2(&"gb18030".into(), &options)).ok()?;
    let decode: js_sys::Function = js_sys::Reflect::get(&decoder, &"decode".into()).ok()?.dyn_into().ok()?;
    decode.call1(&decoder, &js_sys::Uint8Array::from(bytes)).ok()?.as_string()
}

fn note(text: String) -> AnyView {
    view! { <p class="empty">{text}</p> }.into_any()
}

fn code(lang: Lang, class: &'static str, view: View, all: usize) -> AnyView {
    let drawn = view.drawn;
    let all = f::bytes(u64::try_from(all).unwrap_or(u64::MAX));
    view! {
        <pre class=class tabindex="0" aria-label=t::body(lang)>
            <code>
                {view
                    .spans
                    .into_iter()
                    .map(|span| {
                        match span.look.class() {
                            "" => span.text.into_any(),
                            class => view! { <span class=class>{span.text}</span> }.into_any(),
                        }
                    })
                    .collect_view()}
            </code>
        </pre>
        {view
            .cut
            .then(|| {
                let shown = f::bytes(u64::try_from(drawn).unwrap_or(u64::MAX));
                view! { <p class="barline">{t::shown_of(lang, shown, all)}</p> }
            })}
    }
    .into_any()
}
