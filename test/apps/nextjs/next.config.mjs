// Each product has a tag, on its page and on what the browser's router fetches of
// it, so that one purge covers both.
export default {
  poweredByHeader: false,
  turbopack: { root: import.meta.dirname },
  async headers() {
    return [
      { source: "/", headers: [{ key: "Surrogate-Key", value: "products" }] },
      { source: "/api/products", headers: [{ key: "Surrogate-Key", value: "products" }] },
      { source: "/products/:id", headers: [{ key: "Surrogate-Key", value: "products product-:id" }] },
    ];
  },
};
