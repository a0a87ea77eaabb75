//! `_suggestions`: the nearest of several names.

use typhon_vm::native::*;
use typhon_vm::objects::List;

/// More candidates than this are not worth the time.
const MOST: usize = 750;

#[pymodule(name = "_suggestions")]
pub mod module {
    use super::*;

    /// Returns the candidate in candidates that's closest to item
    #[pyfunction]
    #[sig(candidates, item, /)]
    fn _generate_suggestions(candidates: &Value, item: &Value, cx: &mut Cx) -> Res<Option<String>> {
        let Some(list) = candidates.downcast_exact::<List>() else {
            return Err(cx.type_error("candidates must be a list"));
        };
        let Some(item) = item.downcast::<Str>() else {
            return Err(crate::support::wrong_type(
                cx,
                "_generate_suggestions() argument 2",
                "str",
                item,
            ));
        };
        let all = list.to_vec(cx);
        if all.len() >= MOST {
            return Ok(None);
        }
        let mut names = Vec::new();
        for c in all {
            match c.downcast::<Str>() {
                Some(s) => names.push(s.to_string_lossy()),
                None => return Err(cx.type_error("all elements in 'candidates' must be strings")),
            }
        }
        Ok(
            suggestion(&item.to_string_lossy(), names.iter().map(String::as_str))
                .map(str::to_owned),
        )
    }
}
