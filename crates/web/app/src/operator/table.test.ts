import { expect, test } from "vitest";
import { csv } from "./table";

test("cells stay whole, whatever is in them", () => {
  expect(csv([["name", "main"]])).toBe("name,main\r\n");
  const cells = ['Cổng "chợ", lối 2', "hai\ndòng", "=1+1", ""];
  expect(csv([cells])).toBe('"Cổng ""chợ"", lối 2","hai\ndòng",=1+1,\r\n');
});
