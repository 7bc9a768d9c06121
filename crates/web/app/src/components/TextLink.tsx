import { Anchor, type AnchorProps } from "@mantine/core";
import { createLink } from "@tanstack/react-router";
import type { ComponentProps } from "react";

/** A link within the application, as part of a text. */
export const TextLink = createLink((props: AnchorProps & ComponentProps<"a">) => <Anchor {...props} />);
