using SmartCity.Edge.Gateway.Commands;
using SmartCity.Hosting.Commands;
using SmartCity.Mqtt;

MqttListenerExtensions.InlineSocketsOfProcess();
return await CommandLine.RunAsync(GatewayCommand.Create(args), args);
