import { Kbd, Menu } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { KeyButton } from "./KeyButton";
import { REASONS } from "./steps";

type Reason = (typeof REASONS)[number];

interface Props {
  opened: boolean;
  onOpened: (opened: boolean) => void;
  onReason: (reason: Reason) => void;
}

/** Dismissing takes a second key: the reason, from which the camera learns. */
export function DismissMenu({ opened, onOpened, onReason }: Props) {
  const { t } = useTranslation("officer");
  return (
    <Menu opened={opened} onChange={onOpened} position="top-start" width={300} withinPortal>
      <Menu.Target>
        <KeyButton keys="B" variant="default">
          {t("step.dismiss")}
        </KeyButton>
      </Menu.Target>
      <Menu.Dropdown
        onKeyDown={(event) => {
          const reason = REASONS[Number(/^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1]) - 1];
          if (!reason) return;
          event.preventDefault();
          onOpened(false);
          onReason(reason);
        }}
      >
        <Menu.Label>
          {t("reason.title")} {t("reason.hint")}
        </Menu.Label>
        {REASONS.map((reason, at) => (
          <Menu.Item
            key={reason}
            rightSection={
              <Kbd size="xs" aria-hidden>
                {at + 1}
              </Kbd>
            }
            onClick={() => onReason(reason)}
          >
            {t(`reason.${reason}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
