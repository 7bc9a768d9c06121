import { type APIRequestContext, expect, type Locator, type Page } from "@playwright/test";

/** Anything of the API that people give a name. */
export interface Named {
  id: string;
  name: string;
  version: number;
}

export async function all<T extends Named = Named>(api: APIRequestContext, what: string): Promise<T[]> {
  return (await (await api.get(`/api/v1/${what}`)).json()).items;
}

export async function named<T extends Named = Named>(api: APIRequestContext, what: string, name: string): Promise<T> {
  const found = (await all<T>(api, what)).find((one) => one.name === name);
  if (!found) throw new Error(`none of the ${what} is called ${name}`);
  return found;
}

/** Removes what a test has added, so that it can be run again. */
export async function removeNamed(api: APIRequestContext, what: string, ...names: string[]) {
  for (const one of await all(api, what)) {
    if (!names.includes(one.name)) continue;
    const answer = await api.delete(`/api/v1/${what}/${one.id}?version=${one.version}`);
    expect(answer.ok(), await answer.text()).toBe(true);
  }
}

/** Asks the API for something that has to work. */
export async function post<T>(api: APIRequestContext, path: string, data: unknown): Promise<T> {
  const answer = await api.post(`/api/v1/${path}`, { data });
  expect(answer.ok(), await answer.text()).toBe(true);
  return answer.json();
}

/** Chooses from a list that is searched by typing. */
export async function choose(within: Page | Locator, label: string, typed: string) {
  const field = within
    .getByRole("combobox", { name: label })
    .or(within.getByRole("textbox", { name: label }))
    .first();
  await field.click();
  await field.fill(typed);
  const page = "page" in within ? within.page() : within;
  await page.getByRole("option").filter({ hasText: typed }).first().click();
}

/** Chooses from a short list, which is not typed into. */
export async function pick(within: Locator, label: string, option: string) {
  await within
    .getByRole("combobox", { name: label })
    .or(within.getByRole("textbox", { name: label }))
    .first()
    .click();
  await within.page().getByRole("option", { name: option, exact: true }).click();
}

/** Agrees to what is asked before something is removed. */
export async function agree(page: Page) {
  await page.getByRole("dialog", { name: /^Xóa/ }).getByRole("button", { name: "Xóa", exact: true }).click();
}
