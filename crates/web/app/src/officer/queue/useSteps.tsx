import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef } from "react";
import { useTranslation } from "react-i18next";
import { http, type Schemas } from "../../api/client";
import { Problem } from "../../api/problem";
import { ProblemAlert } from "../../components/states";
import { clock } from "../../i18n/time";
import type { Item } from "./order";
import { after, type Step, undoing } from "./steps";
import { UNDO_FOR, UndoNotice } from "./UndoNotice";
import { detailOptions } from "./useQueue";

export type Choice = Pick<Schemas["StepToTake"], "note" | "reason">;

const UNDO = "undo";

async function send(item: Item, step: Step, choice: Choice): Promise<Item> {
  const { data } = await http.POST("/api/v1/review-items/{item_id}/steps", {
    params: { path: { item_id: item.id } },
    body: { step, version: item.version, ...choice },
  });
  if (!data) throw new Problem(500, {});
  return data;
}

/** Steps with items: shown at once, sent after that, and taken back where the server refuses. */
export function useSteps(put: (item: Item) => void, onReturn: (item: Item) => void) {
  const { t } = useTranslation("officer");
  const client = useQueryClient();
  const undoable = useRef<{ undo: () => void; until: number }>(undefined);

  /** Takes a step with the item as it is now at the server; says who was faster where it was decided meanwhile. */
  const sendAnew = useCallback(
    async (item: Item, step: Step, choice: Choice): Promise<Item | undefined> => {
      const fresh = await client.fetchQuery({ ...detailOptions(item.id), staleTime: 0 });
      // A note changes the version and decides nothing: what the officer saw still holds.
      if (fresh.state === item.state && fresh.version !== item.version) return send(fresh, step, choice);
      put(fresh);
      notifications.show({
        color: "yellow",
        title: t("step.faster"),
        message: t("step.fasterBy", {
          what: fresh.rule_name,
          who: fresh.officer?.username ?? t("someone"),
          state: t(`state.${fresh.state}`),
          when: clock(fresh.officer?.at ?? fresh.last_at),
        }),
      });
      return undefined;
    },
    [client, put, t],
  );

  const take = useCallback(
    async (item: Item, step: Step, choice: Choice = {}): Promise<Item | undefined> => {
      put({ ...item, state: after(step, item.state) });
      try {
        const done = await send(item, step, choice).catch((error: unknown) => {
          if (error instanceof Problem && error.status === 409) return sendAnew(item, step, choice);
          throw error;
        });
        if (done) put(done);
        return done;
      } catch (error) {
        put(item);
        notifications.show({
          color: "red",
          title: t("step.failed"),
          message: <ProblemAlert problem={error} />,
        });
        return undefined;
      }
    },
    [put, sendAnew, t],
  );

  /** Decides, and offers to take it back. */
  const decide = useCallback(
    async (item: Item, step: Step, choice?: Choice) => {
      const sent = take(item, step, choice);
      const back = undoing(step);
      if (!back) return;
      const undo = async () => {
        undoable.current = undefined;
        notifications.hide(UNDO);
        const done = await sent;
        const opened = done && (await take(done, back));
        if (!opened) return;
        notifications.show({ message: t(step === "escalate" ? "undo.takenBack" : "undo.done") });
        onReturn(opened);
      };
      notifications.hide(UNDO);
      notifications.show({
        id: UNDO,
        color: "green",
        autoClose: UNDO_FOR,
        message: <UndoNotice step={step} what={item.rule_name} onUndo={() => void undo()} />,
      });
      const offer = { undo: () => void undo(), until: Date.now() + UNDO_FOR };
      undoable.current = offer;
      if (!(await sent) && undoable.current === offer) {
        undoable.current = undefined;
        notifications.hide(UNDO);
      }
    },
    [take, onReturn, t],
  );

  const undoLast = useCallback(() => {
    const last = undoable.current;
    if (last && last.until > Date.now()) last.undo();
  }, []);

  return { take, decide, undoLast };
}
