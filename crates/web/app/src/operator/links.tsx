import { Anchor, type AnchorProps, Button, type ButtonProps } from "@mantine/core";
import { createLink } from "@tanstack/react-router";
import type { ComponentProps } from "react";

type Own<P> = P & Omit<ComponentProps<"a">, keyof P>;

/** Mantine's button and link, as anchors that the router follows. */
export const LinkButton = createLink((props: Own<ButtonProps>) => <Button component="a" {...props} />);
export const LinkAnchor = createLink((props: Own<AnchorProps>) => <Anchor {...props} />);
