//! `_random`: the Mersenne Twister behind `random.Random`. The generator stands behind the object's lock, so threads that
//! share one draw different numbers.

use dashu_int::IBig;
use typhon_text::random_mt::Mt19937;
use typhon_vm::native::*;
use typhon_vm::number::{self, lift};
use typhon_vm::objects::int::{as_int, new_big, new_int};
use typhon_vm::objects::{int, tuple};
use typhon_vm::protocol;

/// Random() -> create a random number generator with its own internal state.
#[pytype(name = "Random", module = "_random", basetype)]
pub struct Random {
    pub head: Header,
    state: Guarded<Mt19937>,
}

/// Words from the system's random source.
fn entropy() -> Vec<u32> {
    let mut bytes = [0u8; 624 * 4];
    if getrandom::fill(&mut bytes).is_err() {
        // Without a source the clock and an address must do.
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |d| d.as_nanos());
        return vec![
            now as u32,
            (now >> 32) as u32,
            std::process::id(),
            &raw const bytes as usize as u32,
        ];
    }
    bytes
        .chunks_exact(4)
        .map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]]))
        .collect()
}

fn seeded(cx: &mut Cx, seed: Option<&Value>) -> Res<Mt19937> {
    let Some(v) = seed else {
        return Ok(Mt19937::from_key(&entropy()));
    };
    if let Some(i) = as_int(v) {
        return Ok(Mt19937::from_int(&i.to_big()));
    }
    let h = protocol::hash(cx, v)?;
    Ok(Mt19937::from_int(&IBig::from(h as u64)))
}

impl Random {
    fn draw<R>(&self, cx: &mut Cx, f: impl FnOnce(&mut Mt19937) -> R) -> R {
        f(&mut self.state.lock(&self.head, &mut cx.thread))
    }
}

#[pymethods]
impl Random {
    #[new]
    #[sig(*args, **kwargs)]
    fn new(cls: &Type, args: &[Value], kwargs: Kwargs<'_>, cx: &mut Cx) -> Res<Value> {
        let _ = (args, kwargs);
        let state = Guarded::new(Mt19937::from_key(&entropy()));
        typhon_vm::objects::object::alloc(
            cx,
            cls,
            Random {
                head: Header::placeholder(),
                state,
            },
        )
    }
    #[init]
    #[sig(seed = None, /)]
    fn init(&self, seed: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let state = seeded(cx, seed)?;
        self.draw(cx, |s| *s = state);
        Ok(())
    }
    /// seed([n]) -> None.
    ///
    /// Defaults to use urandom and falls back to a combination
    /// of the current time and the process identifier.
    #[sig(n = None, /)]
    fn seed(&self, n: Option<&Value>, cx: &mut Cx) -> Res<()> {
        let state = seeded(cx, n)?;
        self.draw(cx, |s| *s = state);
        Ok(())
    }
    /// random() -> x in the interval [0, 1).
    fn random(&self, cx: &mut Cx) -> f64 {
        self.draw(cx, Mt19937::random)
    }
    /// getrandbits(k) -> x.  Generates an int with k random bits.
    fn getrandbits(&self, k: &Value, cx: &mut Cx) -> Res<Value> {
        let k = number::to_index(cx, k)?;
        if int::is_negative(&k) {
            return Err(cx.value_error("Cannot convert negative int"));
        }
        let k = number::index_u64(cx, &k)?;
        if k == 0 {
            return Ok(Value::small_int(0));
        }
        if k <= 64 {
            let n = self.draw(cx, |s| s.bits_u64(k as u32));
            return match i64::try_from(n) {
                Ok(n) => new_int(cx, n),
                Err(_) => new_big(cx, n.into()),
            };
        }
        if k > 1 << 36 {
            return Err(cx.memory_error());
        }
        let n = self.draw(cx, |s| s.bits(k as usize));
        new_big(cx, n.into())
    }
    /// getstate() -> tuple containing the current state.
    fn getstate(&self, cx: &mut Cx) -> Res<Value> {
        let words: Vec<u32> = self.draw(cx, |s| {
            let (words, index) = s.state();
            words.iter().copied().chain([index as u32]).collect()
        });
        let mut items = Vec::with_capacity(words.len());
        for w in words {
            items.push(new_int(cx, w.into())?);
        }
        tuple::new_tuple(cx, items)
    }
    /// setstate(state) -> None.  Restores generator state.
    fn setstate(&self, state: &Value, cx: &mut Cx) -> Res<()> {
        let Some(t) = state.downcast::<Tuple>() else {
            return Err(cx.type_error("state vector must be a tuple"));
        };
        if t.len() != 625 {
            return Err(cx.value_error("state vector is the wrong size"));
        }
        let mut words = [0u32; 624];
        for (w, v) in words.iter_mut().zip(t.items()) {
            *w = number::index_u64(cx, v)? as u32;
        }
        let index = number::index_i64(cx, &t.items()[624])?;
        let Some(index) = usize::try_from(index).ok().filter(|&i| i <= 624) else {
            return Err(cx.value_error("invalid state"));
        };
        let new = lift(cx, Mt19937::from_state(words, index))?;
        self.draw(cx, |s| *s = new);
        Ok(())
    }
}

#[pymodule(name = "_random", types(Random))]
pub mod module {
    //! Module implements the Mersenne Twister random number generator.
    use super::*;
}
