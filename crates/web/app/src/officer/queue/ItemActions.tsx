import { ActionIcon, Group } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { modals } from "@mantine/modals";
import { IconKeyboard } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../api/session";
import { useKeys } from "../../components/useKeys";
import { DismissMenu } from "./DismissMenu";
import { KeyButton } from "./KeyButton";
import { KeysHelp } from "./KeysHelp";
import type { Item } from "./order";
import classes from "./queue.module.css";
import { StepForm } from "./StepForm";
import { canTake, type REASONS, type Step } from "./steps";
import type { Choice } from "./useSteps";

interface Props {
  item: Item;
  /** A step after which the item stays in sight. */
  onStep: (step: Step, choice?: Choice) => void;
  /** A decision: the next item comes up. */
  onDecide: (step: Step, choice?: Choice) => void;
  onUndo: () => void;
}

/** What can be done with an item, by button and by key. */
export function ItemActions({ item, onStep, onDecide, onUndo }: Props) {
  const { t } = useTranslation(["officer", "common"]);
  const may = useMay();
  const [help, { open: openHelp, close: closeHelp }] = useDisclosure();
  const [dismissing, dismissal] = useDisclosure();
  const can = (step: Step) => may("decide", item.place_id) && canTake(step, item.state);

  const ask = (what: "note" | "dismiss" | "escalate", onSend: (note?: string) => void) =>
    modals.open({
      title: t(`note.${what}`),
      closeButtonProps: { "aria-label": t("common:do.close") },
      children: (
        <StepForm
          hint={t(`note.${what}Hint`)}
          needed={what !== "escalate"}
          send={what === "note" ? t("note.send") : t(`step.${what}`)}
          onSend={onSend}
        />
      ),
    });
  const confirm = can("confirm") ? () => onDecide("confirm") : undefined;
  const acts = {
    take: can("take") ? () => onStep("take") : undefined,
    escalate: can("escalate") ? () => ask("escalate", (note) => onDecide("escalate", { note })) : undefined,
    note: can("note") ? () => ask("note", (note) => onStep("note", { note })) : undefined,
    close: can("close") ? () => onDecide("close") : undefined,
    reopen: can("reopen") ? () => onStep("reopen") : undefined,
  };
  const dismiss = (reason: (typeof REASONS)[number]) =>
    reason === "other"
      ? ask("dismiss", (note) => onDecide("dismiss", { reason, note }))
      : onDecide("dismiss", { reason });

  useKeys(
    {
      t: acts.take,
      x: confirm,
      Enter: confirm,
      b: can("dismiss") ? dismissal.open : undefined,
      l: acts.escalate,
      g: acts.note,
      c: acts.close,
      r: acts.reopen,
      z: onUndo,
      "?": openHelp,
    },
    !dismissing,
  );

  return (
    <Group gap="xs" className={classes.acts}>
      {confirm && (
        <KeyButton keys="X" onClick={confirm}>
          {t("step.confirm")}
        </KeyButton>
      )}
      {can("dismiss") && (
        <DismissMenu
          opened={dismissing}
          onOpened={(opened) => (opened ? dismissal.open() : dismissal.close())}
          onReason={dismiss}
        />
      )}
      {acts.reopen && (
        <KeyButton keys="R" variant="default" onClick={acts.reopen}>
          {t("step.reopen")}
        </KeyButton>
      )}
      {acts.close && (
        <KeyButton keys="C" variant="default" onClick={acts.close}>
          {t("step.close")}
        </KeyButton>
      )}
      {acts.take && (
        <KeyButton keys="T" variant="default" onClick={acts.take}>
          {t("step.take")}
        </KeyButton>
      )}
      {acts.escalate && (
        <KeyButton keys="L" variant="default" onClick={acts.escalate}>
          {t("step.escalate")}
        </KeyButton>
      )}
      {acts.note && (
        <KeyButton keys="G" variant="default" onClick={acts.note}>
          {t("step.note")}
        </KeyButton>
      )}
      <ActionIcon
        variant="subtle"
        size="lg"
        ml="auto"
        visibleFrom="sm"
        aria-label={t("item.keys")}
        aria-keyshortcuts="?"
        title={`${t("item.keys")} (?)`}
        onClick={openHelp}
      >
        <IconKeyboard size={20} aria-hidden />
      </ActionIcon>
      <KeysHelp opened={help} onClose={closeHelp} />
    </Group>
  );
}
