using Google.Protobuf;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Calls;

/// <summary>Push tokens: method 710.</summary>
internal sealed class PushCalls(IPushTokenStore tokens, bool active)
{
    internal IEnumerable<CallHandler> Handlers =>
        [CallHandler.For(RpcMethod.RegisterPushToken, RegisterPushTokenRequest.Parser, RegisterAsync)];

    // For the session's own device: nobody has another one's wake-ups.
    private async Task<IMessage> RegisterAsync(Call call, RegisterPushTokenRequest request)
    {
        PushToken? token = null;
        if (request.Token.Length > 0)
        {
            if (!PushToken.IsValid(request.Platform, request.Token))
                throw Refusal.BadRequest(
                    $"platform has 1 to {PushToken.MaxPlatform} of a-z, 0-9 and '-', token 1 to {PushToken.MaxToken} "
                        + "printable ASCII characters without spaces.");
            token = new PushToken(request.Platform, request.Token);
        }

        StoredSession account = call.Account;
        if (!await tokens.SetAsync(account.Identity, account.Device, token))
            throw Refusal.NotFound("The account or its device is gone.");
        return new RegisterPushTokenResponse { Success = true, Active = active };
    }
}
