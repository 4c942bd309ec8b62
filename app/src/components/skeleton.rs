//! Placeholders of the first load, in the height of what comes.
use leptos::prelude::*;

use crate::i18n::common as c;
use crate::settings::use_lang;

/// A table that is not there yet. `columns`: as many as the table will have.
#[component]
pub(crate) fn TableSkeleton(columns: usize, #[prop(default = 4)] rows: usize) -> impl IntoView {
    let lang = use_lang();
    view! {
        <div class="table-box">
            <table class="table" aria-busy="true" aria-label=c::loading(lang)>
                <tbody>
                    {(0..rows)
                        .map(|row| {
                            view! {
                                <tr>
                                    {(0..columns)
                                        .map(|column| {
                                            let class = match (row + column) % 3 {
                                                0 => "skel",
                                                1 => "skel skel-s",
                                                _ => "skel skel-l",
                                            };
                                            view! { <td><span class=class></span></td> }
                                        })
                                        .collect_view()}
                                </tr>
                            }
                        })
                        .collect_view()}
                </tbody>
            </table>
        </div>
    }
    .into_any()
}
