import type vi from "./vi";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "common";
    resources: typeof vi;
  }
}
