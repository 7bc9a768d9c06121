import { expect, test } from "vitest";
import { lines } from "./searchMovement";

test("lines are read however they are cut", async () => {
  const text =
    '{"type":"progress","at":"2026-11-24T07:00:00Z","done":0.5}\n\n{"type":"moment","from":"a","to":"b","peak":0.2}\n{"type":"end","looked":7}';
  const bytes = new TextEncoder().encode(text);
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += 11) controller.enqueue(bytes.slice(at, at + 11));
      controller.close();
    },
  });
  const read: string[] = [];
  for await (const line of lines(stream)) read.push(line.type);
  expect(read).toEqual(["progress", "moment", "end"]);
});
