import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BASE, files, pathOf, serve } from "../../src/node/Documents.ts";

const pages = new Map<string, string>();
for (const file of files()) {
	const path = `${BASE}/${pathOf(file)}`;
	const page = await serve(path);
	assert.ok(page, `${file} is served at ${path}`);
	if (page.type.startsWith("text/html")) pages.set(path, String(page.body));
}

describe("given the site of the documents", () => {
	it("does not serve what is not a document, wherever it is", async () => {
		for (const path of [
			"/docs/../package.json",
			"/docs/..%2fpackage.json",
			"/docs/nothing.html",
			"/docs/plan.md",
			"/docs/site.css/x",
			"/docs//etc/passwd",
		])
			assert.equal(await serve(path), undefined, path);
	});

	it("serves a folder by its first page, and the style", async () => {
		assert.equal((await serve("/docs/"))?.body, (await serve("/docs/index.html"))?.body);
		assert.equal((await serve("/docs/api/"))?.body, (await serve("/docs/api/index.html"))?.body);
		assert.equal((await serve("/docs/site.css"))?.type, "text/css; charset=utf-8");
	});

	it("has in its contents every document, once", () => {
		const page = pages.get("/docs/index.html") as string;
		const nav = page.slice(page.indexOf("<nav"), page.indexOf("</nav>"));
		const listed = [...nav.matchAll(/href="(\/docs\/[^"]+)"/g)].map(([, path]) => path);
		assert.deepEqual([...listed].sort(), [...pages.keys()].sort());
	});

	it("leads with every link to a page that is there, and to a heading that it has", async () => {
		let count = 0;
		for (const [path, html] of pages) {
			for (const [, target] of html.matchAll(/(?:href|src)="([^"]*)"/g) as Iterable<[string, string]>) {
				if (/^(https?:|mailto:|\/$)/.test(target)) continue;
				const [to = "", anchor] = target.startsWith("#") ? [path, target.slice(1)] : target.split("#");
				assert.ok(pages.has(to) || (await serve(to)), `${path} leads to ${target}`);
				if (anchor !== undefined && anchor !== "content")
					assert.ok(pages.get(to)?.includes(`id="${decodeURIComponent(anchor)}"`), `${path} leads to ${target}`);
				count += 1;
			}
		}
		assert.ok(count > 2000, `${count} links`);
	});

	it("shows what Markdown says: one first heading a page, code as it is, tables", () => {
		for (const [path, html] of pages) assert.equal(html.match(/<h1 /g)?.length, 1, `${path} has one first heading`);
		assert.match(pages.get("/docs/cli.html") as string, /<th>exit|<th>code<\/th>|<th>command<\/th>/);
		assert.match(pages.get("/docs/api/index.html") as string, /<pre tabindex="0"><code>curl -s /);
	});
});
