//! `_blake2`: BLAKE2b and BLAKE2s with keys, salts, personalization and tree parameters.

use super::{data_of, hex, initial};
use typhon_vm::native::*;
use typhon_vm::number;
use typhon_vm::objects::int::is_negative;
use typhon_vm::objects::{bytes, object};

/// The parameters of a hash, checked against the limits of the variant.
struct Settings {
    digest_size: usize,
    key: Vec<u8>,
    salt: Vec<u8>,
    person: Vec<u8>,
    fanout: u8,
    depth: u8,
    leaf_size: u32,
    node_offset: u64,
    node_depth: u8,
    inner_size: u8,
    last_node: bool,
}

/// The arguments as they came.
struct Given<'a> {
    digest_size: isize,
    key: Option<&'a Value>,
    salt: Option<&'a Value>,
    person: Option<&'a Value>,
    fanout: isize,
    depth: isize,
    leaf_size: Option<&'a Value>,
    node_offset: Option<&'a Value>,
    node_depth: isize,
    inner_size: isize,
    last_node: bool,
}

/// Limits of a variant.
struct Limits {
    out: usize,
    key: usize,
    salt: usize,
    offset_bits: u32,
}

fn bytes_up_to(cx: &mut Cx, v: Option<&Value>, max: usize, what: &str) -> Res<Vec<u8>> {
    let Some(v) = v else { return Ok(vec![]) };
    let b = bytes::contents(cx, v)?;
    if b.len() > max {
        return Err(cx.value_error(format!("maximum {what} length is {max} bytes")));
    }
    Ok(b.into_owned())
}

fn wide(cx: &mut Cx, v: Option<&Value>, bits: u32, what: &str) -> Res<u64> {
    let Some(v) = v else { return Ok(0) };
    let i = number::to_index(cx, v)?;
    if is_negative(&i) {
        return Err(cx.value_error("value must be positive"));
    }
    let n = number::index_u64(cx, &i)?;
    if bits < 64 && n >> bits != 0 {
        return Err(cx.overflow_error(format!("{what} is too large")));
    }
    Ok(n)
}

fn settings(cx: &mut Cx, g: &Given<'_>, l: &Limits) -> Res<Settings> {
    if g.digest_size <= 0 || g.digest_size as usize > l.out {
        let max = l.out;
        return Err(cx.value_error(format!(
            "digest_size for Blake2{} must be between 1 and {max} bytes, here it is {}",
            if max == 64 { "b" } else { "s" },
            g.digest_size
        )));
    }
    let salt = bytes_up_to(cx, g.salt, l.salt, "salt")?;
    let person = bytes_up_to(cx, g.person, l.salt, "person")?;
    if !(0..=255).contains(&g.fanout) {
        return Err(cx.value_error("fanout must be between 0 and 255"));
    }
    if !(1..=255).contains(&g.depth) {
        return Err(cx.value_error("depth must be between 1 and 255"));
    }
    let leaf_size = wide(cx, g.leaf_size, 32, "leaf_size")? as u32;
    let node_offset = wide(cx, g.node_offset, l.offset_bits, "node_offset")?;
    if !(0..=255).contains(&g.node_depth) {
        return Err(cx.value_error("node_depth must be between 0 and 255"));
    }
    if g.inner_size < 0 || g.inner_size as usize > l.out {
        let max = l.out;
        return Err(cx.value_error(format!("inner_size must be between 0 and is {max}")));
    }
    let key = bytes_up_to(cx, g.key, l.key, "key")?;
    Ok(Settings {
        digest_size: g.digest_size as usize,
        key,
        salt,
        person,
        fanout: g.fanout as u8,
        depth: g.depth as u8,
        leaf_size,
        node_offset,
        node_depth: g.node_depth as u8,
        inner_size: g.inner_size as u8,
        last_node: g.last_node,
    })
}

macro_rules! blake_type {
    ($t:ident, $pyname:literal, $crate_:ident, $out:literal, $salt:literal, $bits:literal, $block:literal) => {
        /// Return a new BLAKE2 hash object.
        #[pytype(name = $pyname, module = "_blake2", basetype)]
        pub struct $t {
            pub head: Header,
            state: Guarded<$crate_::State>,
            size: usize,
        }

        #[pymethods]
        impl $t {
            #[pyattr]
            const MAX_DIGEST_SIZE: i64 = $out;
            #[pyattr]
            const MAX_KEY_SIZE: i64 = $out;
            #[pyattr]
            const SALT_SIZE: i64 = $salt;
            #[pyattr]
            const PERSON_SIZE: i64 = $salt;

            #[new]
            #[sig(data = absent => "b''", /, *, digest_size = $out, key = None, salt = None, person = None, fanout = 1, depth = 1,
                leaf_size = None, node_offset = None, node_depth = 0, inner_size = 0, last_node = False, usedforsecurity = True,
                string = None)]
            #[allow(clippy::too_many_arguments)]
            fn new(
                cls: &Type,
                data: Option<&Value>,
                digest_size: isize,
                key: Option<&Value>,
                salt: Option<&Value>,
                person: Option<&Value>,
                fanout: isize,
                depth: isize,
                leaf_size: Option<&Value>,
                node_offset: Option<&Value>,
                node_depth: isize,
                inner_size: isize,
                last_node: bool,
                usedforsecurity: bool,
                string: Option<&Value>,
                cx: &mut Cx,
            ) -> Res<Value> {
                let _ = usedforsecurity;
                let given = Given { digest_size, key, salt, person, fanout, depth, leaf_size, node_offset, node_depth, inner_size, last_node };
                let s = settings(cx, &given, &Limits { out: $out, key: $out, salt: $salt, offset_bits: $bits })?;
                let mut params = $crate_::Params::new();
                params
                    .hash_length(s.digest_size)
                    .key(&s.key)
                    .salt(&s.salt)
                    .personal(&s.person)
                    .fanout(s.fanout)
                    .max_depth(s.depth)
                    .max_leaf_length(s.leaf_size)
                    .node_offset(s.node_offset)
                    .node_depth(s.node_depth)
                    .inner_hash_length(s.inner_size.into())
                    .last_node(s.last_node);
                let mut state = params.to_state();
                let data = initial(cx, data, string)?;
                state.update(&data);
                let payload = $t { head: Header::placeholder(), state: Guarded::new(state), size: s.digest_size };
                object::alloc(cx, cls, payload)
            }
            /// Update this hash object's state with the provided bytes-like object.
            fn update(&self, data: &Value, cx: &mut Cx) -> Res<()> {
                let data = data_of(cx, data)?;
                self.state.lock(&self.head, &mut cx.thread).update(&data);
                Ok(())
            }
            /// Return the digest value as a bytes object.
            fn digest(&self, cx: &mut Cx) -> Res<Value> {
                let d = self.state.lock(&self.head, &mut cx.thread).finalize();
                bytes::new_bytes(cx, d.as_bytes())
            }
            /// Return the digest value as a string of hexadecimal digits.
            fn hexdigest(&self, cx: &mut Cx) -> String {
                hex(self.state.lock(&self.head, &mut cx.thread).finalize().as_bytes())
            }
            /// Return a copy of the hash object.
            fn copy(&self, cx: &mut Cx) -> Res<Value> {
                let state = self.state.lock(&self.head, &mut cx.thread).clone();
                let cls = $t::type_cell().get(cx)?;
                object::alloc(cx, cls, $t { head: Header::placeholder(), state: Guarded::new(state), size: self.size })
            }
            #[getter]
            fn name(&self) -> &'static str {
                $pyname
            }
            #[getter]
            fn block_size(&self) -> usize {
                $block
            }
            #[getter]
            fn digest_size(&self) -> usize {
                self.size
            }
        }
    };
}

blake_type!(Blake2b, "blake2b", blake2b_simd, 64, 16, 64, 128);
blake_type!(Blake2s, "blake2s", blake2s_simd, 32, 8, 48, 64);

#[pymodule(name = "_blake2", types(Blake2b, Blake2s))]
pub mod module {
    //! _blake2b provides BLAKE2b for hashlib
    use super::*;

    #[pyattr]
    const BLAKE2B_MAX_DIGEST_SIZE: i64 = 64;
    #[pyattr]
    const BLAKE2B_MAX_KEY_SIZE: i64 = 64;
    #[pyattr]
    const BLAKE2B_SALT_SIZE: i64 = 16;
    #[pyattr]
    const BLAKE2B_PERSON_SIZE: i64 = 16;
    #[pyattr]
    const BLAKE2S_MAX_DIGEST_SIZE: i64 = 32;
    #[pyattr]
    const BLAKE2S_MAX_KEY_SIZE: i64 = 32;
    #[pyattr]
    const BLAKE2S_SALT_SIZE: i64 = 8;
    #[pyattr]
    const BLAKE2S_PERSON_SIZE: i64 = 8;
}
