import { Button, Code, CopyButton, Group } from "@mantine/core";
import { useTranslation } from "react-i18next";

/** A text to take along, such as a secret that is shown only once. */
export function Copyable({ text, label }: { text: string; label?: string }) {
  const { t } = useTranslation();
  return (
    <Group>
      <Code aria-label={label}>{text}</Code>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Button size="compact-sm" onClick={copy}>
            {t(copied ? "do.copied" : "do.copy")}
          </Button>
        )}
      </CopyButton>
    </Group>
  );
}
