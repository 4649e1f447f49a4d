import { formTest } from '@sealstream/contracts';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { z } from 'zod';

/*
 * How fastify checks what comes in and what goes out by the forms of the routes, which are those of the
 * OpenAPI document. What is of its form as it stands is passed as it stands; all else zod decides, makes
 * anew and refuses.
 */

export const checkedBody: typeof validatorCompiler = (route) => {
  const test = formTest(route.schema);
  const check = validatorCompiler(route);
  if (test === undefined) return check;
  return (data: unknown) => (test(data) ? { value: data } : check(data));
};

export const checkedAnswer: typeof serializerCompiler = (route) => {
  const test = route.schema instanceof z.ZodType ? formTest(route.schema) : undefined;
  const serialize = serializerCompiler(route);
  if (test === undefined) return serialize;
  return (data: unknown) => (test(data) ? JSON.stringify(data) : serialize(data));
};
