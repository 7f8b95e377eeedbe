/**
 * Which function a name means.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { allocator } from './allocator.js';
import { coordinator } from './coordinator.js';
import type { AllocatorEvent, CoordinatorEvent, ProcessorEvent } from './messages.js';
import { allocatorName, coordinatorName, type Platform, processorName, type Reply } from './platform.js';
import { processor } from './processor.js';

/** Runs the function of a name: `coordinator`, `allocator` or `processor-<p>`. @throws FletchError `NOT_FOUND` */
export async function runFunction(name: string, event: unknown, platform: Platform): Promise<Reply<unknown>> {
  if (name === coordinatorName) return coordinator(event as CoordinatorEvent, platform);
  if (name === allocatorName) return allocator(event as AllocatorEvent, platform);
  const { partition } = event as ProcessorEvent;
  if (name === processorName(partition)) return processor(event as ProcessorEvent, platform);
  throw new FletchError('NOT_FOUND', `There is no function ${name} for this event.`, { details: { name } });
}
