namespace QuicProChat.Mesh.Identity.Tests;

internal static class IndependentVector
{
    internal const string Payload =
        "1cf579aba45a10ba1d1ef06d91fca2aa9ed0a1150515653155405d0b18cb9a67261ae7e41a56d11962b33fe2acc9b52ddad95d2a146ec01c72265dd9"
        + "701807b4b7b7fa4eb002a905ea32e835603e54c4357798ff06f4f932d8622962a74f66ba1a9634781283e1cb98f7ea950769f8cc15ebf2";

    internal const string Id = "af0fc4ebc3730735b23f12af64d5f0d9";

    internal const string Proof = "1a3dc3f84c481e866cb99e96e0fdea6b31259c3f5cbb6916";
}
