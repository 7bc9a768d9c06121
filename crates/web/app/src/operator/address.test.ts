import { expect, test } from "vitest";
import { readAddress } from "./address";

test("hosts, ports and addresses are told apart", () => {
  expect(readAddress(" 192.168.1.20 ")).toEqual({ is: "host", host: "192.168.1.20" });
  expect(readAddress("cam.local:8554")).toEqual({ is: "host", host: "cam.local", port: 8554 });
  expect(readAddress("rtsp://10.0.0.2/stream1")).toEqual({ is: "url", url: "rtsp://10.0.0.2/stream1" });
  for (const wrong of ["", "http://10.0.0.2", "hai từ", "rtsp://"])
    expect(readAddress(wrong)).toEqual({ is: "nothing" });
});

test("a pasted password does not stay in the address", () => {
  expect(readAddress("rtsp://admin:b%40n@10.0.0.2:554/a?b=1")).toEqual({
    is: "url",
    url: "rtsp://10.0.0.2:554/a?b=1",
    username: "admin",
    password: "b@n",
  });
});
