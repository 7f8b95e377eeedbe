/**
 * The functions and the bucket of the serverless search.
 */
import { ArnFormat, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';

/** What a function is started with, in the folder that `bundle-functions.mjs` writes. */
const HANDLER = 'function/index.handler';
/** Of a call of AWS Lambda. */
const LONGEST = Duration.minutes(15);

/** A whole number from a context value, which the command line gives as text. */
function whole(name, value, least, most) {
  const number = Number(value);
  if (!Number.isInteger(number) || number < least || number > most)
    throw new Error(
      `${name} must be a whole number from ${least} to ${most}, not ${value}: cdk deploy -c ${name}=…`,
    );
  return number;
}

/** What the stack is made of, from the context of the app. */
export function settingsOf(context) {
  const { functions = 'fletch-squash', bucket, prefix = '' } = context;
  if (!/^[A-Za-z0-9_-]{1,40}$/.test(functions))
    throw new Error(`functions must be 1 to 40 letters, digits, _ or -, not "${functions}".`);
  return {
    partitions: whole('partitions', context.partitions ?? 10, 1, 1000),
    memory: whole('memory', context.memory ?? 1769, 128, 10_240),
    timeout: whole('timeout', context.timeout ?? 60, 1, LONGEST.toSeconds()),
    functions,
    bucket,
    prefix,
  };
}

/** A coordinator, an allocator, and a processor for each partition: they differ in their names alone. */
export class SquashStack extends Stack {
  constructor(scope, id, { settings, bundle, ...props }) {
    super(scope, id, props);
    const { partitions, memory, timeout, functions, prefix } = settings;
    const bucket = settings.bucket
      ? Bucket.fromBucketName(this, 'Vectors', settings.bucket)
      : new Bucket(this, 'Vectors', {
          blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
          encryption: BucketEncryption.S3_MANAGED,
          enforceSSL: true,
          removalPolicy: RemovalPolicy.RETAIN,
        });
    const code = Code.fromAsset(bundle);
    const make = (name) => {
      const made = new LambdaFunction(this, name, {
        functionName: `${functions}-${name}`,
        runtime: Runtime.NODEJS_22_X,
        handler: HANDLER,
        code,
        memorySize: memory,
        timeout: Duration.seconds(timeout),
        environment: {
          FLETCH_BUCKET: bucket.bucketName,
          FLETCH_PREFIX: prefix,
          FLETCH_FUNCTIONS: functions,
        },
      });
      bucket.grantRead(made, prefix ? `${prefix}/*` : '*');
      return made;
    };
    const callers = [make('coordinator'), make('allocator')];
    for (let partition = 0; partition < partitions; partition++) make(`processor-${partition}`);
    // By name: allocators call allocators, which would be a circle of references.
    const callable = ['allocator', 'processor-*'].map((name) =>
      this.formatArn({
        service: 'lambda',
        resource: 'function',
        resourceName: `${functions}-${name}`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    );
    for (const caller of callers)
      caller.addToRolePolicy(
        new PolicyStatement({
          effect: Effect.ALLOW,
          actions: ['lambda:InvokeFunction'],
          resources: callable,
        }),
      );
    new CfnOutput(this, 'Bucket', { value: bucket.bucketName });
    new CfnOutput(this, 'Functions', { value: functions });
  }
}
