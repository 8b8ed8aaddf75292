using System.Globalization;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Store.Probe;

// A process that uses a store until it is killed, the disk is full, or its standard input ends.
string directory = args[1];
switch (args[0])
{
    case "write":
        Writer.Run(directory, Enum.Parse<Durability>(args[2]), first: int.Parse(args[3], CultureInfo.InvariantCulture));
        break;
    case "hold":
        using (MeshStore.Open(directory, Samples.Key, new StoreOptions(), TimeProvider.System))
        {
            Console.WriteLine("held");
            Console.In.ReadToEnd();
        }

        break;
    case "fill":
        Filler.Run(directory);
        break;
    case "squeeze":
        Squeezer.Run(directory);
        break;
    case "starve":
        Starver.Run(directory);
        break;
    case "bench":
        Bench.Run(directory);
        break;
    default:
        throw new ArgumentException($"No such task: {args[0]}.");
}
