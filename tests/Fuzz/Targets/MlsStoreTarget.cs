using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Tests.Support;

namespace QuicProChat.Mesh.Fuzz;

/// <summary>
/// A damaged value of a member's store: the first byte chooses which of its values the rest replaces.
/// </summary>
internal static class MlsStoreTarget
{
    internal static readonly FuzzTarget Target = new("mls-store", "damaged values of an MLS store", Seeds, Run);

    private static readonly MlsWorld World = MakeWorld();

    private static readonly string[] Keys = [.. World.Clients[0].Store.Keys("")];

    private static IEnumerable<byte[]> Seeds() =>
        Keys.Select((key, i) => (byte[])[(byte)i, .. World.Clients[0].Store.Read(key)!]);

    private static MlsWorld MakeWorld()
    {
        MlsWorld world = new();
        _ = world.Clients[0].KeyPackage();
        _ = world.Alice.Commit(new CommitRequest()).Value;
        return world;
    }

    private static void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
            return;
        MemoryGroupStore store = new();
        foreach (string key in Keys)
            store.Write([new StoreChange(key, World.Clients[0].Store.Read(key)!)]);
        store.Write([new StoreChange(Keys[input[0] % Keys.Length], input[1..].ToArray())]);
        TestClient client = new("c0", store: store, identity: World.Clients[0].Identity);
        try
        {
            client.Client.FindGroup("g"u8)?.Encrypt("text"u8);
            _ = client.Client.KeyPackages();
            _ = client.Client.Expire();
        }
        catch (Exception e) when (e is InvalidDataException
            || (e is InvalidOperationException && e.Message.Contains("identity")))
        {
            // It says that its store is damaged, or that it names somebody else.
        }
    }
}
